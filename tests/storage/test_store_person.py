import json
import random
import resource

import pytest

from safety.types import Action
from storage.types import NotFound, StorageError

SECRET = "Qopalesce"


def bytes_on_disk(database):
    return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))


def test_the_version_of_the_terms_accepted_last_counts(store, ann, bob):
    assert store.terms_accepted(ann) is None

    store.accept_terms(ann, "2026-11")
    store.accept_terms(ann, "2026-11")
    store.accept_terms(ann, "2026-12")

    assert store.terms_accepted(ann) == "2026-12"
    assert store.terms_accepted(bob) is None
    assert [row["version"] for row in store.export_person(ann)["terms"]] == ["2026-11", "2026-12"]


def test_an_export_holds_everything_of_a_person_as_json(store, chat, ann, moderator, rule):
    store.accept_terms(ann, "2026-11")
    reply = chat.reply(ann, "Good day", prompt="Good morning")
    store.start_reply(ann, reply.parent_id, checkpoint="bezel-demo@1", settings={})
    blocked = chat.prompt(ann, "my own words", action=Action.BLOCK)
    store.report(ann, reply.id, reason="other", note="look")
    rule(
        next(case.id for case in store.desk.cases() if case.reports),
        moderator,
        "no_violation",
        public_note="Fine.",
    )

    export = json.loads(json.dumps(store.export_person(ann)))

    said = [line["text"] for chatted in export["conversations"] for line in chatted["messages"]]
    assert said == ["Good morning", "Good day", "", "my own words"]
    assert [made["outcome_note"] for made in export["reports"]] == ["Fine."]
    assert [notice["message_id"] for notice in export["notices"]] == [blocked.id]
    assert export["person"] == ann


def test_an_export_holds_no_text_that_was_withheld_or_removed(store, chat, ann, moderator, rule):
    chat.withheld(ann, shown=SECRET, generated=f"{SECRET} rising")
    removed = chat.reply(ann, SECRET)
    store.report(ann, removed.id, reason="other", note="")
    rule(next(case.id for case in store.desk.cases() if case.reports), moderator, "misuse")

    assert SECRET not in json.dumps(store.export_person(ann))


def test_the_export_of_somebody_unknown_is_empty(store, bob):
    export = store.export_person(bob)

    assert export["conversations"] == export["reports"] == export["terms"] == export["notices"] == []


def test_an_erased_person_is_gone(store, chat, ann):
    store.accept_terms(ann, "2026-11")
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="other", note="")

    store.erase_person(ann)

    assert store.conversations(ann) == store.reports(ann) == store.notices(ann) == ()
    assert store.terms_accepted(ann) is None
    with pytest.raises(NotFound):
        store.message(ann, reply.id)
    store.erase_person(ann)


@pytest.mark.sqlite
def test_no_word_of_an_erased_person_is_left_in_the_file(store, chat, ann, bob, database, moderator, rule):
    chance = random.Random(7)
    for number in range(60):
        long = f"{SECRET} {number} " * chance.randrange(1, 400)
        others = chat.reply(bob, "something else " * chance.randrange(1, 400))
        reply = chat.reply(ann, long, prompt=f"{SECRET} prompt", action=chance.choice(list(Action)[:2]))
        store.rename_conversation(ann, reply.conversation_id, f"{SECRET} title {number}")
        if number % 3 == 0:
            store.report(ann, reply.id, reason="other", note=f"{SECRET} note")
        if number % 5 == 0:
            store.delete_conversation(bob, others.conversation_id)
    decided = store.desk.cases()[0].id
    rule(decided, moderator, "misuse", note=f"{SECRET} note", public_note=f"{SECRET} public")
    was_there = SECRET.encode() in bytes_on_disk(database)

    store.erase_person(ann)

    assert was_there
    assert SECRET.encode() not in bytes_on_disk(database)
    assert ann.encode() not in bytes_on_disk(database)
    assert len(store.conversations(bob)) == 48


def test_decisions_and_the_audit_log_outlive_the_person(store, chat, ann, moderator, rule):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    rule(case_id, moderator, "misuse", note="a note", public_note="a public note")

    store.erase_person(ann)

    case = store.desk.case(case_id, moderator)
    assert (case.evidence, case.shown) == ((), "")
    assert [(made.ruling, made.clause, made.note, made.public_note) for made in case.decisions] == [
        ("misuse", "PUP-2.e.iii", "", "")
    ]
    assert store.audit.events(2)[1].action == "person erased"
    assert store.audit.first_broken() is None


def test_the_evidence_of_an_open_case_outlives_the_person_until_it_is_decided(
    store, chat, ann, moderator, colleague, rule
):
    chat.prompt(ann, "my own words", action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    store.erase_person(ann)
    kept = store.desk.case(case_id, moderator)

    rule(case_id, moderator, "unsure")
    between = store.desk.case(case_id, moderator)
    rule(case_id, colleague, "misuse", note="quotes my own words")

    after = store.desk.case(case_id, moderator)
    assert [line.text for line in kept.evidence] == ["my own words"]
    assert [line.text for line in between.evidence] == ["my own words"]
    assert after.evidence == ()
    assert [made.note for made in after.decisions] == ["", ""]
    assert [made.ruling for made in after.decisions] == ["unsure", "misuse"]


def test_the_words_of_a_reporter_go_with_them_also_where_the_case_is_open(store, chat, ann, moderator):
    reply = chat.reply(ann)
    store.report(ann, reply.id, reason="PUP-2.b", note="my own words")

    store.erase_person(ann)

    (report,) = store.desk.case(store.desk.cases()[0].id, moderator).reports
    assert (report.reason, report.note) == ("PUP-2.b", "")


def test_deleting_a_conversation_erases_the_evidence_of_decided_cases_only(store, chat, ann, moderator, rule):
    conversation_id = store.start_conversation(ann).id
    for text in ("decided", "open"):
        chat.prompt(ann, text, action=Action.BLOCK, conversation_id=conversation_id)
    decided, still_open = (case.id for case in store.desk.cases())
    rule(decided, moderator, "misuse")

    store.delete_conversation(ann, conversation_id)

    assert store.desk.case(decided, moderator).evidence == ()
    assert store.desk.case(still_open, moderator).evidence[-1].text == "open"
    assert rule(still_open, moderator, "no_violation").ruling == "no_violation"


def test_somebody_who_comes_back_after_an_erasure_starts_anew(store, chat, ann):
    chat.reply(ann)
    store.erase_person(ann)

    chat.reply(ann)

    assert len(store.conversations(ann)) == 1


@pytest.mark.sqlite
def test_a_disk_too_full_to_clean_the_file_does_not_deny_that_somebody_was_erased(
    store, chat, ann, bob, database
):
    chat.reply(ann, SECRET)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = database.with_name(f"{database.name}-wal")

    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 200_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="It is erased, but .* Make room on the disk"):
            store.erase_person(ann)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert not store.knows(ann)
    chat.reply(bob, "Good day")
    store.erase_person(bob)
    assert SECRET.encode() not in bytes_on_disk(database)
