import json
import shutil

import pytest

from safety.policy import CATEGORIES, PROFILES, Policy, Threshold, load_policy, policy_for
from safety.policy.reading import FOLDER
from safety.policy.types import SIDES
from safety.types import Action, SafetyError


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped policy files that a test may spoil, with round numbers for thresholds."""
    copy = tmp_path / "policy"
    shutil.copytree(FOLDER, copy)
    (copy / "thresholds.toml").write_text(
        "[thresholds.classifier.prompt]\nhate = { flag = 0.8, block = 0.95 }\n", encoding="utf-8"
    )
    return copy


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.data
def test_every_clause_of_the_official_policy_is_there_by_id_and_title(eval_data):
    official = json.loads((eval_data / "policy" / "clauses.json").read_text(encoding="utf-8"))
    official = official["prohibited_use_policy"]

    policy = load_policy()

    assert [(clause.id, clause.title) for clause in policy.clauses.values()] == [
        (clause["id"], clause["title"]) for clause in official["clauses"]
    ]
    assert (policy.page, policy.page_modified) == (official["url"], official["last_modified"])


@pytest.mark.data
def test_what_a_clause_forbids_is_said_in_our_own_words(eval_data):
    official = json.loads((eval_data / "policy" / "clauses.json").read_text(encoding="utf-8"))
    restated = {clause["forbids"].lower() for clause in official["prohibited_use_policy"]["clauses"]}

    assert not restated & {clause.forbids.lower() for clause in load_policy().clauses.values()}


@pytest.mark.parametrize("profile", PROFILES)
def test_each_shipped_profile_can_be_read(profile):
    policy = load_policy(profile)

    assert policy.profile == profile
    assert len(policy.clauses) == 29
    assert len({clause.wording for clause in policy.clauses.values()}) == 29


def test_every_category_has_one_clause_which_serves_it():
    policy = load_policy()

    assert set(policy.categories) == set(CATEGORIES)
    assert policy.categories["self_harm"] == "PUP-2.e.iv"
    assert policy.categories["cbrn"] == "PUP-2.a"
    assert all(
        category in policy.clauses[clause].categories for category, clause in policy.categories.items()
    )


def test_every_category_and_side_of_the_classifier_has_a_threshold():
    measured = load_policy().measured

    assert set(measured) == {("classifier", side, category) for side in SIDES for category in CATEGORIES} | {
        ("circumvention", "prompt", "circumvention")
    }


def test_the_clause_of_every_category_is_served_by_the_classifier():
    policy = load_policy()

    assert all("classifier" in policy.clauses[clause].checks for clause in policy.categories.values())


def test_a_clause_that_no_check_serves_is_listed_as_not_covered():
    listed = {clause.id: clause.covered for clause in load_policy().listed()}

    assert listed["PUP-2.a.i"]
    assert not listed["PUP-2"]


def test_a_clause_whose_checks_do_not_run_is_not_covered():
    assert not any(clause.covered for clause in policy_for("banned").listed())


def test_the_profiles_differ_in_actions_and_thresholds_and_in_nothing_else():
    def told(policy: Policy):
        return [
            (clause.id, clause.title, clause.severity, clause.checks) for clause in policy.clauses.values()
        ]

    assert told(load_policy("strict")) == told(load_policy("standard")) == told(load_policy("research"))
    assert len({load_policy(profile).fingerprint for profile in PROFILES}) == 3


@pytest.mark.parametrize(
    ("profile", "category", "score_of", "action"),
    [
        ("strict", "hate", "flag", "block"),
        ("standard", "hate", "flag", "flag"),
        ("standard", "hate", "block", "block"),
        ("research", "hate", "block", "flag"),
        ("research", "child_safety", "block", "block"),
        ("research", "cbrn", "block", "block"),
        ("research", "self_harm", "block", "support"),
        ("strict", "self_harm", "flag", "support"),
        ("strict", "unlicensed_advice", "block", "flag"),
    ],
)
def test_a_profile_decides_what_a_score_leads_to(folder, profile, category, score_of, action):
    score = {"flag": 0.8, "block": 0.95}[score_of]

    reached = load_policy(profile, folder=folder).limits("classifier", "prompt", category).reached(score)

    assert reached is not None
    assert reached[0] == action


def test_in_the_standard_profile_support_is_for_what_would_be_blocked(folder):
    limits = load_policy(folder=folder).limits("classifier", "prompt", "self_harm")

    assert limits.reached(0.79) is None
    assert limits.reached(0.94) == (Action.FLAG, 0.8)
    assert limits.reached(0.95) == (Action.SUPPORT, 0.95)


def test_no_shipped_clause_redacts_or_lets_through_and_only_self_harm_gets_support():
    for profile in PROFILES:
        for clause in load_policy(profile).clauses.values():
            actions = set(clause.actions.values())

            assert not actions & {Action.REDACT, Action.ALLOW}
            assert (Action.SUPPORT in actions) == (clause.id == "PUP-2.e.iv")


def test_a_host_chooses_by_kind_and_side_what_becomes_of_identifiers(folder):
    change(
        folder / "pup.toml",
        'card = "redact"',
        'card = { prompt = "allow", response = "block", post = "flag" }',
    )
    change(folder / "profiles" / "research.toml", "[actions]", '[identifiers]\ncard = "allow"\n\n[actions]')

    standard, research = load_policy(folder=folder), load_policy("research", folder=folder)

    assert [standard.identifiers["card", side] for side in ("prompt", "response", "post")] == [
        Action.ALLOW,
        Action.BLOCK,
        Action.FLAG,
    ]
    assert {research.identifiers["card", side] for side in ("prompt", "response", "post")} == {Action.ALLOW}
    assert research.identifiers["key", "prompt"] is Action.REDACT
    assert standard.limits_of_kind("identifiers", "post", "card").reached(0.5) == (Action.FLAG, 0.5)


def test_a_policy_for_other_checks_holds_them_to_half_and_nine_tenths():
    policy = policy_for("banned")

    limits = policy.limits("banned", "prompt", "violence")

    assert list(policy.checks) == ["banned"]
    assert limits.threshold == Threshold(0.5, 0.9)
    assert policy.limits("banned", "response", "self_harm").action is Action.SUPPORT


def test_a_reduced_policy_keeps_the_thresholds_of_the_checks_it_keeps():
    policy = load_policy().with_checks(["classifier"])

    assert policy.limits("classifier", "post", "hate") == load_policy().limits("classifier", "post", "hate")


def test_a_clause_may_hold_a_check_to_limits_of_its_own(folder):
    (folder / "pup.toml").write_text(
        (folder / "pup.toml").read_text(encoding="utf-8")
        + '\n[clauses."PUP-4".limits.rules.response]\nflag = 0.3\nblock = 0.4\naction = "flag"\n',
        encoding="utf-8",
    )

    policy = load_policy(folder=folder)

    assert policy.limits("rules", "response", "sexual", "PUP-4").reached(0.9) == (Action.FLAG, 0.3)
    assert policy.limits("rules", "prompt", "sexual", "PUP-4").reached(0.9) == (Action.BLOCK, 0.9)


def test_a_clause_may_say_what_a_failed_check_does(folder):
    change(folder / "pup.toml", '[clauses."PUP-1"]', '[clauses."PUP-1"]\nnot_checked = "block"')

    policy = load_policy(folder=folder)

    assert policy.on_not_checked("rules") is Action.BLOCK
    assert load_policy().on_not_checked("rules") is Action.FLAG


WRONG = [
    (
        "pup.toml",
        'hate = "PUP-2.e.i"',
        'hate = "PUP-9"',
        r"pup\.toml: categories\.hate is 'PUP-9'.*PUP-2\.e\.i",
    ),
    (
        "pup.toml",
        'hate = "PUP-2.e.i"',
        'hate = "PUP-4"',
        r"categories\.hate is 'PUP-4'; that clause must list 'hate'",
    ),
    ("pup.toml", 'hate = "PUP-2.e.i"\n', "", r"categories\.hate is None"),
    (
        "pup.toml",
        "[categories]",
        '[categories]\nrudeness = "PUP-1"',
        r"categories\.rudeness.*unknown.*harassment",
    ),
    (
        "pup.toml",
        'checks = ["rules", "classifier"]',
        'checks = ["oracle"]',
        r"PUP-1\.checks is 'oracle'.*rules",
    ),
    (
        "pup.toml",
        'categories = ["rights"]',
        'categories = ["wrongs"]',
        r"PUP-1\.categories is 'wrongs'.*rights",
    ),
    (
        "pup.toml",
        'categories = ["rights"]',
        'categories = "rights"',
        r"PUP-1\.categories is 'rights'.*a list",
    ),
    (
        "pup.toml",
        'action = "flag"',
        'action = "shout"',
        r"PUP-2\.b\.action is 'shout'.*allow, redact, flag, block",
    ),
    ("pup.toml", 'action = "flag"', 'action = "support"', r"PUP-2\.b\.action is 'support'.*self_harm"),
    ("pup.toml", ', post = "block" }', " }", r"PUP-2\.e\.iv\.action\.post is None"),
    (
        "pup.toml",
        'post = "block" }',
        'post = "block", letter = "block" }',
        r"action\.letter.*prompt, response, post",
    ),
    (
        "pup.toml",
        "severity = 1",
        "severity = 4",
        r"PUP-1\.severity is 4; it must be a whole number from 0 to 3",
    ),
    ("pup.toml", "severity = 1", "severity = true", r"PUP-1\.severity is True"),
    ("pup.toml", "severity = 1", "", r"PUP-1\.severity is None"),
    ("pup.toml", "severity = 1", "gravity = 1\nseverity = 1", r"PUP-1\.gravity = 1 has an unknown name"),
    ("pup.toml", 'title = "Rights infringement"', 'title = ""', r"PUP-1\.title is ''; it must be a text"),
    (
        "pup.toml",
        "flag = 0.50",
        "flag = -0.1",
        r"checks\.rules\.flag is -0\.1; it must be a number from 0 to 1",
    ),
    ("pup.toml", "flag = 0.50", "flag = nan", r"checks\.rules\.flag is nan"),
    ("pup.toml", "flag = 0.50", "flag = true", r"checks\.rules\.flag is True"),
    ("pup.toml", "flag = 0.50", "flag = 0.95", r"checks\.rules\.flag is 0\.95; it must be at most.*0\.9"),
    ("pup.toml", "block = 0.90", "stop = 0.90", r"checks\.rules\.block is None"),
    (
        "pup.toml",
        'error = "block"',
        'error = "allow"',
        r"outcomes\.error is 'allow'; it must be one of flag, block",
    ),
    ("pup.toml", 'not_checked = "flag"', 'not_checked = "pass"', r"outcomes\.not_checked is 'pass'"),
    ("pup.toml", 'version = "pup-2026.11"', "version = 3", r"version is 3; it must be a text"),
    (
        "pup.toml",
        "page_modified = 2024-02-21",
        'page_modified = "spring"',
        r"page_modified is 'spring'.*a date",
    ),
    ("pup.toml", "[outcomes]", "[answers]\n[outcomes]", r"pup\.toml: answers = \{\} has an unknown name"),
    ("pup.toml", "[outcomes]", "[outcomes", r"pup\.toml is not a readable TOML file"),
    (
        "thresholds.toml",
        "[thresholds.classifier.prompt]",
        "[thresholds.oracle.prompt]",
        r"oracle.*unknown.*classifier",
    ),
    (
        "thresholds.toml",
        "[thresholds.classifier.prompt]",
        "[thresholds.classifier.letter]",
        r"letter.*unknown.*post",
    ),
    (
        "thresholds.toml",
        "hate = ",
        "rudeness = ",
        r"thresholds\.classifier\.prompt\.rudeness.*unknown name.*hate",
    ),
    (
        "thresholds.toml",
        "hate = {",
        "hate = { low = 0.1,",
        r"classifier\.prompt\.hate\.low = 0\.1 has an unknown name",
    ),
    (
        "thresholds.toml",
        "[thresholds.classifier.prompt]",
        "[more]\n[thresholds.classifier.prompt]",
        r"more = \{\}",
    ),
    (
        "profiles/strict.toml",
        "[checks.rules]",
        "[checks.oracle]",
        r"strict\.toml: checks\.oracle.*rules, classifier",
    ),
    ("profiles/strict.toml", 'acts_from = "flag"', 'acts_from = "now"', r"checks\.rules\.acts_from is 'now'"),
    ("profiles/strict.toml", 'error = "block"\n', "", r"strict\.toml: outcomes\.error is None"),
    (
        "profiles/research.toml",
        '"PUP-1" = "flag"',
        '"PUP-9" = "flag"',
        r"research\.toml: actions\.PUP-9.*PUP-1",
    ),
    (
        "profiles/research.toml",
        '"PUP-1" = "flag"',
        '"PUP-1" = "none"',
        r"research\.toml: actions\.PUP-1 is 'none'",
    ),
    ("profiles/research.toml", '"PUP-1" = "flag"', '"PUP-1" = "support"', r"action is 'support'.*self_harm"),
    (
        "profiles/research.toml",
        "[actions]",
        "[clauses]\n[actions]",
        r"research\.toml: clauses = \{\} has an unknown",
    ),
]


WRONG += [
    ("pup.toml", 'card = "redact"', "", r"pup\.toml: identifiers\.card is None"),
    (
        "pup.toml",
        'card = "redact"',
        'card = "support"',
        r"identifiers\.card is 'support'.*allow, redact, flag, block",
    ),
    (
        "pup.toml",
        'card = "redact"',
        'card = "redact"\nshoe = "block"',
        r"identifiers\.shoe = 'block' has an unknown",
    ),
    ("profiles/strict.toml", 'ip = "redact"', 'ip = "hide"', r"strict\.toml: identifiers\.ip is 'hide'"),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), WRONG)
def test_a_policy_file_that_makes_no_sense_is_refused_with_file_key_and_value(
    folder, name, old, new, message
):
    change(folder / name, old, new)

    for profile in PROFILES if "/" not in name else [(folder / name).stem]:
        with pytest.raises(SafetyError, match=message):
            load_policy(profile, folder=folder)


@pytest.mark.parametrize("name", ["pup.toml", "thresholds.toml", "profiles/standard.toml"])
def test_a_missing_policy_file_is_named(folder, name):
    (folder / name).unlink()

    with pytest.raises(SafetyError, match=r"\.toml cannot be read .*No such file"):
        load_policy(folder=folder)


def test_a_policy_file_that_is_not_text_is_named(folder):
    (folder / "thresholds.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SafetyError, match=r"thresholds\.toml is not a readable TOML file"):
        load_policy(folder=folder)


def test_an_unknown_profile_is_named():
    with pytest.raises(SafetyError, match=r"'lenient'; it must be one of strict, standard, research"):
        load_policy("lenient")


def test_any_change_of_a_file_changes_the_fingerprint(folder, tmp_path):
    before = load_policy(folder=folder).fingerprint
    shutil.copytree(folder, tmp_path / "changed")

    change(tmp_path / "changed" / "thresholds.toml", "0.8", "0.81")

    assert load_policy(folder=tmp_path / "changed").fingerprint != before
