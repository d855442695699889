from dataclasses import replace
from datetime import timedelta

import pytest

from safety.types import Action
from storage.store import Store
from storage.types import DeskRules, Filters, StorageError

VIOLENCE = "PUP-2.e.iii"


def hidden(text):
    """Redact a name."""
    return text.replace("Ann Beck", "«NAME»")


@pytest.fixture
def open_again(url, clock):
    """Open the test's store, whose decisions take effect at once."""
    stores = []

    def open_store(evidence_key=b"e" * 32):
        rules = DeskRules(undo=timedelta(0))
        stores.append(
            Store.open(url, evidence_key=evidence_key, audit_key=b"a" * 32, clock=clock, rules=rules)
        )
        return stores[-1]

    yield open_store
    for made in stores:
        made.close()


@pytest.fixture
def store(open_again):
    return open_again()


@pytest.fixture
def opal(store):
    return store.moderators.add("Opal", "hash").id


@pytest.fixture
def blocked(store, verdict):
    """Have a prompt blocked."""

    def block(owner, text, action=Action.BLOCK):
        saved = store.save_prompt(owner, store.start_conversation(owner).id, text)
        return store.record_prompt(owner, saved.id, replace(verdict(action), lang="de"))

    return block


@pytest.fixture
def decide(store, opal):
    """Rule on the next case, for good."""

    def rule(ruling, clause=None, by=opal):
        case = store.desk.next_case(by)
        asked = {"note": "", "public_note": "", "row_version": case.row_version}
        store.desk.decide(case.summary.id, by, ruling=ruling, clause=clause, **asked)
        store.desk.settle()

    return rule


def kept(store):
    """What is kept, in short."""
    return [(one.text, one.side, one.is_harmful, one.category) for one in store.regressions.prompts()]


def test_nobody_allows_it_until_they_say_so(store, ann):
    before = store.regressions.is_allowed(ann)
    store.regressions.allow(ann)
    store.regressions.allow(ann)

    assert (before, store.regressions.is_allowed(ann)) == (False, True)


def test_a_text_that_was_stopped_without_need_is_kept_redacted(store, ann, blocked, decide):
    store.regressions.allow(ann)
    blocked(ann, "Ann Beck kills a process")
    decide("no_violation")

    new = store.regressions.collect(hidden)

    assert new == 1
    assert kept(store) == [("«NAME» kills a process", "prompt", False, None)]
    assert store.regressions.prompts()[0].language == "de"
    assert store.regressions.collect(hidden) == 0


def test_a_models_failure_is_kept_as_harm_with_its_clause(store, chat, ann, decide):
    store.regressions.allow(ann)
    chat.reply(ann, "Hit him, Ann Beck", action=Action.FLAG)
    decide("model_failure", VIOLENCE)

    store.regressions.collect(hidden)

    assert kept(store) == [("Hit him, «NAME»", "response", True, "harassment")]
    assert store.regressions.prompts()[0].clause == VIOLENCE


def test_a_failure_that_only_a_person_saw_is_kept_without_a_category(store, chat, ann, decide):
    store.regressions.allow(ann)
    reply = chat.reply(ann, "Hit him")
    store.report(ann, reply.id, reason="other", note="")
    decide("model_failure", VIOLENCE)

    store.regressions.collect(hidden)

    assert kept(store) == [("Hit him", "response", True, None)]


@pytest.mark.parametrize(
    ("action", "ruling", "clause"),
    [
        (Action.BLOCK, "misuse", VIOLENCE),
        (Action.BLOCK, "unsure", None),
        (Action.FLAG, "no_violation", None),
    ],
)
def test_what_teaches_nothing_is_not_kept(store, ann, blocked, decide, action, ruling, clause):
    store.regressions.allow(ann)
    blocked(ann, "A prompt", action)
    decide(ruling, clause)

    assert store.regressions.collect(hidden) == 0


def test_nothing_is_kept_of_somebody_who_did_not_allow_it(store, ann, bob, blocked, decide):
    store.regressions.allow(bob)
    blocked(ann, "A prompt of Ann's")
    decide("no_violation")

    assert store.regressions.collect(hidden) == 0


def test_an_undecided_case_teaches_nothing_yet(store, ann, blocked):
    store.regressions.allow(ann)
    blocked(ann, "A prompt")

    assert store.regressions.collect(hidden) == 0


@pytest.mark.parametrize("end", ["forbid", "erase_person", "delete_conversation"])
def test_what_was_kept_goes_with_the_consent_the_person_or_the_conversation(store, ann, blocked, decide, end):
    store.regressions.allow(ann)
    prompt = blocked(ann, "A prompt")
    decide("no_violation")
    store.regressions.collect(hidden)

    if end == "forbid":
        store.regressions.forbid(ann)
    elif end == "erase_person":
        store.erase_person(ann)
    else:
        store.delete_conversation(ann, prompt.conversation_id)

    assert kept(store) == []
    assert store.regressions.is_allowed(ann) is (end == "delete_conversation")
    assert store.regressions.collect(hidden) == 0


def test_what_is_decided_otherwise_later_is_dropped(store, ann, blocked, decide, opal):
    store.regressions.allow(ann)
    blocked(ann, "A prompt")
    decide("no_violation")
    store.regressions.collect(hidden)
    onyx, jet = (store.moderators.add(name, "hash", "lead").id for name in ("Onyx", "Jet"))
    (case,) = store.desk.queue(filters=Filters(states=("decided",))).cases
    again = store.desk.reconsider(case.id, onyx)
    asked = {"note": "", "public_note": "", "row_version": again.row_version}
    store.desk.decide(again.summary.id, onyx, ruling="misuse", clause=VIOLENCE, **asked)
    claimed = store.desk.claim(again.summary.id, jet)
    store.desk.second(again.summary.id, jet, agrees=True, row_version=claimed.row_version)
    store.desk.settle()

    assert store.regressions.collect(hidden) == 0
    assert kept(store) == []


def test_the_texts_are_sealed_under_the_evidence_key(store, open_again, ann, blocked, decide):
    store.regressions.allow(ann)
    blocked(ann, "A prompt")
    decide("no_violation")
    store.regressions.collect(hidden)

    with pytest.raises(StorageError, match="was sealed with the evidence key"):
        open_again(evidence_key=b"f" * 32).regressions.prompts()


def test_who_allows_and_forbids_stands_in_the_audit_log_by_pseudonym(store, ann):
    store.regressions.allow(ann)
    store.regressions.forbid(ann)
    store.regressions.forbid(ann)

    events = [(event.action, event.actor) for event in store.audit.events()]

    assert events == [
        ("regression prompts forbidden", store.audit.pseudonym(ann)),
        ("regression prompts allowed", store.audit.pseudonym(ann)),
    ]


def test_an_export_of_a_person_holds_what_was_kept_of_theirs(store, ann, bob, blocked, decide):
    store.regressions.allow(ann)
    blocked(ann, "Ann Beck's prompt")
    decide("no_violation")
    store.regressions.collect(hidden)

    theirs, others = store.export_person(ann), store.export_person(bob)

    assert [kept["text"] for kept in theirs["kept_mistakes"]] == ["«NAME»'s prompt"]
    assert (theirs["may_use_mistakes"], others["may_use_mistakes"]) == (True, False)
    assert others["kept_mistakes"] == []
