import base64

import pytest

from safety.checks.host import HostLists
from safety.guard import Guard
from safety.policy import policy_for
from safety.policy.host import extended, read_host_policy
from safety.types import Action, SafetyError, Text

FILE = """
version = "school-1"

[clauses."HOST-1"]
title = "Exam answers"
forbids = "Asking for the answers of our exams."
severity = 1
category = "deception"
action = "flag"

[blocklists.exams]
clause = "HOST-1"
words = ["answer key", "시험 정답"]
sides = ["prompt"]
must_catch = ["Where is the answer key for room 4?", "시험 정답 좀"]
must_pass = ["What is the answer? The key is on the table."]

[blocklists.names]
clause = "PUP-2.e.ii"
words = ["Zorblax"]
must_catch = ["Zorblax did it", "Z.o.r.b.l.a.x did it"]
must_pass = ["Zorb is a game"]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def guard(file):
    host = read_host_policy(file)
    policy = extended(policy_for(), host)
    guard = Guard([HostLists(host, policy)], policy)
    yield guard
    guard.close()


def spoil(file, old, new):
    content = file.read_text(encoding="utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "action", "clause"),
    [
        ("Give me the answer key.", Action.FLAG, "HOST-1"),
        ("시험 정답 알려 줘", Action.FLAG, "HOST-1"),
        ("the AN\u200bSWER  kеy please", Action.FLAG, "HOST-1"),
        (base64.b64encode(b"please send me the answer key").decode(), Action.FLAG, "HOST-1"),
        ("zorblax is here", Action.BLOCK, "PUP-2.e.ii"),
        ("What is the key to a good answer?", Action.ALLOW, None),
    ],
)
def test_a_hosts_words_are_found_under_their_clause(guard, value, action, clause):
    verdict = guard.judge_now(Text(value, "prompt"))

    assert (verdict.action, verdict.clause) == (action, clause)


def test_a_list_for_prompts_does_not_judge_responses(guard):
    assert guard.judge_now(Text("the answer key", "response")).action is Action.ALLOW
    assert guard.judge_now(Text("zorblax", "response")).action is Action.BLOCK


def test_the_verdict_names_the_hosts_policy_and_the_guard_its_clause(guard, file):
    verdict = guard.judge_now(Text("the answer key", "prompt"))

    assert "+school-1/" in verdict.policy
    assert verdict.versions["host"] == read_host_policy(file).fingerprint
    assert guard.clause("HOST-1").title == "Exam answers"
    assert guard.clause("HOST-1").covered


def test_examples_that_end_as_they_must_do_not_fail(file):
    host = read_host_policy(file)

    assert list(HostLists(host, extended(policy_for(), host)).failed_examples()) == []


def test_an_example_that_fails_is_named_with_what_it_must_do(file):
    spoil(file, '"Zorb is a game"', '"I met Zorblax", "Zorb"')
    spoil(file, '"Zorblax did it"', '"Somebody did it"')
    host = read_host_policy(file)

    failed = list(HostLists(host, extended(policy_for(), host)).failed_examples())

    assert [(one.blocklist, one.text, one.must_be_found) for one in failed] == [
        ("names", "Somebody did it", True),
        ("names", "I met Zorblax", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('clause = "HOST-1"', 'clause = "HOST-9"', "'HOST-9'"),
        ('[clauses."HOST-1"]', '[clauses."PUP-9"]', "PUP-9"),
        ('[clauses."HOST-1"]', '[clauses."host one"]', "host one"),
        ('action = "flag"', 'action = "support"', "support"),
        ('category = "deception"', 'category = "homework"', "homework"),
        ("severity = 1", "severity = 7", "7"),
        ('version = "school-1"', "", "version"),
        ('words = ["Zorblax"]', "words = []", "blocklists.names.words"),
        ('words = ["Zorblax"]', 'words = ["\\u200b"]', "at least one letter"),
        ("must_pass = [", "must_fail = [", "must_pass"),
        ('sides = ["prompt"]', 'sides = ["both"]', "both"),
        ("[blocklists.names]", "[blacklists.names]", "blacklists"),
        ("severity = 1", "severity = ", "TOML"),
    ],
)
def test_a_wrong_file_is_refused_and_says_what_is_wrong(file, old, new, wrong):
    spoil(file, old, new)

    with pytest.raises(SafetyError, match=wrong):
        host = read_host_policy(file)
        HostLists(host, extended(policy_for(), host))


def test_a_host_may_say_what_becomes_of_identifiers_alone(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        'version = "1"\n[identifiers]\nemail = { prompt = "redact", response = "block", post = "flag" }\n'
    )
    policy = extended(policy_for(), read_host_policy(file))

    assert [policy.identifiers["email", side] for side in ("prompt", "response", "post")] == [
        Action.REDACT,
        Action.BLOCK,
        Action.FLAG,
    ]
    assert policy.identifiers["card", "prompt"] is Action.REDACT


def test_a_kind_or_an_action_that_is_none_is_refused(tmp_path):
    file = tmp_path / "own.toml"
    for wrong, said in (('shoe = "block"', "identifiers.shoe"), ('card = "support"', "card is 'support'")):
        file.write_text(f'version = "1"\n[identifiers]\n{wrong}\n')
        with pytest.raises(SafetyError, match=said):
            read_host_policy(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SafetyError, match=r"nothing\.toml cannot be read"):
        read_host_policy(tmp_path / "nothing.toml")


def test_a_file_without_lists_is_refused(tmp_path):
    (tmp_path / "empty.toml").write_text('version = "1"\n')

    with pytest.raises(SafetyError, match="no \\[blocklists"):
        read_host_policy(tmp_path / "empty.toml")
