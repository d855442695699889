import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from safety.types import Action
from storage.types import CaseTaken, IllegalMove, NotFound, StaleCase, StorageError


@pytest.mark.parametrize("action", [Action.FLAG, Action.BLOCK, Action.SUPPORT])
def test_a_flagged_prompt_opens_a_case(store, chat, ann, moderator, action):
    prompt = chat.prompt(ann, "my own words", action=action, check="rules")

    (summary,) = store.desk.cases()
    case = store.desk.case(summary.id, moderator)

    assert (summary.state, summary.clause, summary.sources) == ("open", "PUP-2.e.iii", ("rules",))
    assert [(line.text, line.is_subject) for line in case.evidence] == [("my own words", True)]
    assert case.shown == ("my own words" if action is Action.FLAG else "")
    assert case.verdicts == (prompt.verdict,)
    assert store.desk.waiting() == 1


@pytest.mark.parametrize("action", [Action.ALLOW, Action.REDACT])
def test_what_the_policy_lets_pass_opens_no_case(store, chat, ann, action):
    chat.prompt(ann, action=action)
    chat.reply(ann)

    assert store.desk.cases() == ()
    assert store.desk.waiting() == 0


def test_a_failed_check_opens_a_case_without_a_clause(store, chat, ann):
    chat.prompt(ann, action=Action.BLOCK, check="classifier", failed=True)

    (summary,) = store.desk.cases()

    assert (summary.clause, summary.sources) == (None, ("classifier",))


def test_the_evidence_of_a_withheld_reply_holds_all_that_was_generated(store, chat, ann, moderator):
    chat.withheld(ann, shown="The first step", generated="The first step is bad")

    case = store.desk.next_case(moderator)

    assert [(line.role, line.text) for line in case.evidence] == [
        ("user", "Good morning"),
        ("assistant", "The first step is bad"),
    ]
    assert case.shown == "The first step"
    assert case.checkpoint == "bezel-demo@1"


def test_the_evidence_goes_three_turns_back(store, chat, ann, moderator):
    conversation_id = store.start_conversation(ann).id
    for number in range(6):
        chat.reply(ann, f"reply {number}", prompt=f"prompt {number}", conversation_id=conversation_id)
    chat.prompt(ann, "blocked", action=Action.BLOCK, conversation_id=conversation_id)
    chat.reply(
        ann,
        "flagged",
        prompt="last prompt",
        action=Action.FLAG,
        conversation_id=store.start_conversation(ann).id,
    )

    of_prompt, of_reply = (store.desk.case(found.id, moderator).evidence for found in store.desk.cases())

    assert [line.text for line in of_prompt] == [
        "prompt 3",
        "reply 3",
        "prompt 4",
        "reply 4",
        "prompt 5",
        "reply 5",
        "blocked",
    ]
    assert [line.text for line in of_reply] == ["last prompt", "flagged"]


def test_the_evidence_of_a_reply_holds_its_own_turn_and_three_before(store, chat, ann, moderator):
    conversation_id = store.start_conversation(ann).id
    for number in range(6):
        last = chat.reply(ann, f"reply {number}", prompt=f"prompt {number}", conversation_id=conversation_id)
    store.report(ann, last.id, reason="other", note="")

    case = store.desk.next_case(moderator)

    assert [line.text for line in case.evidence] == [
        f"{who} {number}" for number in (2, 3, 4, 5) for who in ("prompt", "reply")
    ]


def test_the_evidence_stays_as_it_was_when_the_case_opened(store, chat, ann, moderator):
    reply = chat.reply(ann, "Good day", action=Action.FLAG)
    store.delete_conversation(ann, reply.conversation_id)

    case = store.desk.next_case(moderator)

    assert case.evidence[-1].text == "Good day"


def test_the_queue_has_the_gravest_first_and_the_oldest_of_those_first(store, ann, verdict):
    opened = {}
    for name, severity in (("slight", 0), ("grave", 3), ("usual", 1), ("also grave", 3)):
        saved = store.save_prompt(ann, store.start_conversation(ann).id, name)
        store.record_prompt(ann, saved.id, verdict(Action.BLOCK), severity=severity)
        (opened[name],) = {found.id for found in store.desk.cases()} - set(opened.values())

    queue = [found.id for found in store.desk.cases()]

    assert queue == [opened[name] for name in ("grave", "also grave", "usual", "slight")]
    assert [found.id for found in store.desk.cases(limit=1)] == [opened["grave"]]


def test_a_claimed_case_belongs_to_one_moderator_for_ten_minutes(
    store, chat, ann, moderator, colleague, clock
):
    chat.prompt(ann, action=Action.BLOCK)
    (summary,) = store.desk.cases()
    first = store.desk.claim(summary.id, moderator)

    with pytest.raises(CaseTaken):
        store.desk.claim(summary.id, colleague)
    assert store.desk.next_case(colleague) is None
    assert store.desk.waiting() == 0

    clock.move(minutes=10, seconds=1)
    assert store.desk.waiting() == 1
    taken = store.desk.claim(summary.id, colleague)

    assert (first.summary.state, first.summary.claimed_by) == ("claimed", moderator)
    assert (taken.summary.state, taken.summary.claimed_by) == ("claimed", colleague)
    assert taken.row_version > first.row_version


def test_a_claim_of_a_clock_that_was_ahead_can_be_renewed(store, chat, ann, moderator, clock):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    clock.move(days=30)
    store.desk.claim(case_id, moderator)
    clock.move(days=-30)

    held = store.desk.claim(case_id, moderator)
    left = held.summary.claim_expires_at - clock()
    store.desk.release(case_id, moderator)

    assert left <= timedelta(minutes=10)


def test_a_hold_lasts_no_longer_because_the_clock_was_set_back(store, chat, ann, moderator, clock):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    clock.move(hours=2)
    store.desk.claim(case_id, moderator)
    store.desk.hold(case_id, moderator, until=clock() + timedelta(hours=1), reason="to think")
    clock.move(hours=-2)

    with pytest.raises(IllegalMove, match="24 hours"):
        store.desk.hold(case_id, moderator, until=clock() + timedelta(hours=25), reason="to think more")


def test_a_claim_is_renewed_by_who_holds_it(store, chat, ann, moderator, colleague, clock):
    chat.prompt(ann, action=Action.BLOCK)
    first = store.desk.next_case(moderator)
    clock.move(minutes=9)

    again = store.desk.claim(first.summary.id, moderator)
    clock.move(minutes=9)

    assert again.row_version == first.row_version
    with pytest.raises(CaseTaken):
        store.desk.claim(first.summary.id, colleague)


def test_a_released_case_can_be_taken_by_another(store, chat, ann, moderator, colleague):
    chat.prompt(ann, action=Action.BLOCK)
    held = store.desk.next_case(moderator)

    with pytest.raises(CaseTaken):
        store.desk.release(held.summary.id, colleague)
    store.desk.release(held.summary.id, moderator)

    assert store.desk.cases()[0].state == "open"
    assert store.desk.next_case(colleague).summary.id == held.summary.id
    with pytest.raises(CaseTaken):
        store.desk.release(held.summary.id, moderator)


def test_the_next_case_is_given_to_each_moderator_once(store, chat, ann, moderator, colleague):
    for _ in range(2):
        chat.prompt(ann, action=Action.BLOCK)

    first, second, third = (store.desk.next_case(who) for who in (moderator, colleague, moderator))

    assert first.summary.id != second.summary.id
    assert third is None


def test_moderators_who_pull_at_once_get_each_case_once(store, chat, ann):
    for _ in range(40):
        chat.prompt(ann, action=Action.BLOCK)
    pullers = [store.moderators.add(f"Moderator {number}", "hash").id for number in range(16)]
    begin = threading.Barrier(len(pullers))

    def pull(moderator_id):
        begin.wait()
        got = []
        while (case := store.desk.next_case(moderator_id)) is not None:
            got.append(case.summary.id)
        return got

    with ThreadPoolExecutor(len(pullers)) as threads:
        pulled = Counter(case_id for got in threads.map(pull, pullers) for case_id in got)

    assert len(pulled) == 40
    assert set(pulled.values()) == {1}


def test_moderators_who_claim_one_case_at_once_are_refused_but_one(store, chat, ann):
    chat.prompt(ann, action=Action.BLOCK)
    (summary,) = store.desk.cases()
    claimants = [store.moderators.add(f"Moderator {number}", "hash").id for number in range(12)]
    begin = threading.Barrier(len(claimants))

    def claim(moderator_id):
        begin.wait()
        try:
            return store.desk.claim(summary.id, moderator_id).summary.claimed_by
        except CaseTaken:
            return None

    with ThreadPoolExecutor(len(claimants)) as threads:
        holders = [holder for holder in threads.map(claim, claimants) if holder]

    assert len(holders) == 1
    assert store.desk.cases()[0].claimed_by == holders[0]


@pytest.mark.parametrize(
    ("ruling", "made", "after"),
    [
        ("misuse", "reply", ("removed", "")),
        ("misuse", "withheld", ("withheld", "")),
        ("misuse", "prompt", ("blocked", "Good morning")),
        ("misuse", "flagged prompt", ("removed", "")),
        ("no_violation", "reply", ("complete", "Good day")),
        ("no_violation", "withheld", ("restored", "The first step is bad")),
        ("no_violation", "prompt", ("restored", "Good morning")),
        ("unsure", "reply", ("complete", "Good day")),
        ("unsure", "withheld", ("withheld", "")),
        ("unsure", "prompt", ("blocked", "Good morning")),
    ],
)
def test_a_decision_removes_or_restores_the_message(store, chat, ann, moderator, rule, ruling, made, after):
    make = {
        "reply": lambda: chat.reply(ann, action=Action.FLAG),
        "withheld": lambda: chat.withheld(ann),
        "prompt": lambda: chat.prompt(ann, action=Action.BLOCK),
        "flagged prompt": lambda: chat.prompt(ann, action=Action.FLAG),
    }
    message = make[made]()

    decision = rule(store.desk.cases()[0].id, moderator, ruling)

    now = store.message(ann, message.id)
    assert (now.state, now.text) == after
    assert (decision.ruling, decision.moderator) == (ruling, moderator)
    assert decision.clause == ("PUP-2.e.iii" if ruling == "misuse" else None)


def test_a_restored_prompt_can_be_answered(store, chat, ann, moderator, rule):
    blocked = chat.prompt(ann, action=Action.BLOCK)
    rule(store.desk.cases()[0].id, moderator, "no_violation")

    reply = store.start_reply(ann, blocked.id, checkpoint="bezel-demo@1", settings={})

    assert reply.parent_id == blocked.id


def test_a_decided_case_leaves_the_queue_and_is_never_decided_again(store, chat, ann, moderator, rule):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    rule(case_id, moderator, "misuse")

    with pytest.raises(IllegalMove):
        store.desk.claim(case_id, moderator)
    with pytest.raises(IllegalMove, match="is decided"):
        store.desk.decide(
            case_id,
            moderator,
            ruling="no_violation",
            clause=None,
            note="",
            public_note="",
            row_version=store.desk.case(case_id, moderator).row_version,
        )

    assert store.desk.cases() == ()
    assert store.desk.next_case(moderator) is None
    assert [found.ruling for found in store.desk.cases(states=["decided"])] == ["misuse"]
    assert len(store.desk.case(case_id, moderator).decisions) == 1


def test_an_unsure_moderator_hands_the_case_to_somebody_else(store, chat, ann, moderator, colleague, rule):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id

    rule(case_id, moderator, "unsure", note="please look")

    assert store.desk.cases()[0].state == "escalated"
    assert store.desk.next_case(moderator) is None
    taken = store.desk.next_case(colleague)
    assert [made.note for made in taken.decisions] == ["please look"]
    store.desk.release(case_id, colleague)
    assert store.desk.cases()[0].state == "escalated"


def test_a_decision_needs_a_live_claim_of_ones_own(store, chat, ann, moderator, colleague, clock):
    chat.prompt(ann, action=Action.BLOCK)
    (summary,) = store.desk.cases()
    form = {"ruling": "misuse", "clause": "PUP-2.e.iii", "note": "", "public_note": ""}

    def decide(moderator_id):
        version = store.desk.case(summary.id, moderator_id).row_version
        return store.desk.decide(summary.id, moderator_id, row_version=version, **form)

    with pytest.raises(IllegalMove, match="claim it first"):
        decide(moderator)
    store.desk.claim(summary.id, moderator)
    with pytest.raises(CaseTaken):
        decide(colleague)
    clock.move(minutes=11)
    with pytest.raises(IllegalMove, match="run out"):
        decide(moderator)
    store.desk.claim(summary.id, moderator)
    assert decide(moderator).ruling == "misuse"


def test_a_decision_on_a_form_that_is_out_of_date_is_refused(store, chat, ann, moderator):
    reply = chat.reply(ann, action=Action.FLAG)
    held = store.desk.next_case(moderator)
    store.report(ann, reply.id, reason="PUP-2.b", note="look at this too")
    form = {"ruling": "misuse", "clause": "PUP-2.e.iii", "note": "", "public_note": ""}

    with pytest.raises(StaleCase):
        store.desk.decide(held.summary.id, moderator, row_version=held.row_version, **form)

    assert store.message(ann, reply.id).state == "complete"
    assert store.desk.case(held.summary.id, moderator).decisions == ()


@pytest.mark.parametrize(("ruling", "clause"), [("misuse", None), ("misuse", ""), ("guilty", "PUP-2.b")])
def test_a_decision_that_makes_no_sense_changes_nothing(store, chat, ann, moderator, rule, ruling, clause):
    chat.prompt(ann, action=Action.BLOCK)
    held = store.desk.next_case(moderator)

    with pytest.raises(IllegalMove):
        store.desk.decide(
            held.summary.id,
            moderator,
            ruling=ruling,
            clause=clause,
            note="",
            public_note="",
            row_version=held.row_version,
        )

    assert store.desk.case(held.summary.id, moderator).decisions == ()


def test_a_note_of_ten_megabytes_is_refused(store, chat, ann, moderator, rule):
    chat.prompt(ann, action=Action.BLOCK)

    with pytest.raises(StorageError, match="note is 10,000,000 characters long; it can be at most 4,000"):
        rule(store.desk.cases()[0].id, moderator, "no_violation", note="x" * 10_000_000)

    assert store.desk.cases()[0].ruling is None


def test_only_a_moderator_opens_or_takes_a_case(store, chat, ann, moderator):
    chat.prompt(ann, action=Action.BLOCK)
    (summary,) = store.desk.cases()
    former = store.moderators.add("Beryl", "hash")
    store.moderators.end("Beryl")

    for stranger in ("nobody", former.id, ann):
        for ask in (store.desk.case, store.desk.claim):
            with pytest.raises(NotFound):
                ask(summary.id, stranger)
        with pytest.raises(NotFound):
            store.desk.next_case(stranger)
    with pytest.raises(NotFound):
        store.desk.case("no such case", moderator)


def test_every_opening_of_a_case_is_in_the_audit_log(store, chat, ann, moderator):
    chat.prompt(ann, action=Action.BLOCK)
    (summary,) = store.desk.cases()

    store.desk.case(summary.id, moderator)
    store.desk.claim(summary.id, moderator)

    events = [(event.actor, event.action, event.object_id) for event in store.audit.events(2)]
    assert events == [(moderator, "case claimed", summary.id), (moderator, "case viewed", summary.id)]


def test_evidence_sealed_with_another_key_is_named_and_not_shown(store, opened, chat, ann, moderator):
    chat.prompt(ann, "my own words", action=Action.BLOCK)
    (summary,) = store.desk.cases()
    store.close()

    other = opened(evidence_key=b"quite another key of thirty-two!")

    with pytest.raises(StorageError, match="sealed with the evidence key"):
        other.desk.case(summary.id, moderator)


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("I will hurt…", ""),
        ("i WILL hurt", ""),
        ("Why I will hurt somebody", ""),
        ("Notes for Monday", "Notes for Monday"),
    ],
)
def test_a_title_that_quotes_a_removed_prompt_goes_with_it(store, chat, ann, moderator, rule, title, left):
    prompt = chat.prompt(ann, "I will\nhurt somebody", action=Action.FLAG, check="rules")
    store.rename_conversation(ann, prompt.conversation_id, title)

    rule(store.desk.next_case(moderator).summary.id, moderator, "misuse")

    assert store.conversation(ann, prompt.conversation_id).title == left
    assert "hurt" not in str(store.export_person(ann))


@pytest.mark.parametrize(
    ("title", "left"), [("how to hurt", ""), ("Tell me", "Tell me"), ("Monday", "Monday")]
)
def test_a_title_that_quotes_a_removed_reply_goes_with_it_unless_the_prompt_says_so_too(
    store, chat, ann, moderator, rule, title, left
):
    reply = chat.reply(ann, "I tell me how to hurt somebody", prompt="Tell me", action=Action.FLAG)
    store.rename_conversation(ann, reply.conversation_id, title)

    rule(store.desk.cases()[0].id, moderator, "model_failure")

    assert store.conversation(ann, reply.conversation_id).title == left
