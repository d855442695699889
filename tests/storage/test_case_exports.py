import csv
import io
import json

import pytest

from safety.types import Action
from storage.case_exports import as_csv, as_json
from storage.types import Barred, DeskRules, Filters, IllegalMove, NotFound

ALL = Filters(states=("open", "claimed", "escalated", "ruled", "pending_second", "decided"))


@pytest.fixture
def agreed(store, moderator, colleague):
    """A request for every case that a second person agreed with."""
    asked = store.exports.ask(moderator, ALL)
    store.exports.agree(asked.id, colleague)
    return asked


def test_an_export_holds_the_cases_and_nothing_that_anybody_wrote(store, chat, ann, moderator, rule, agreed):
    secret = "Qopalesce"
    chat.prompt(ann, f"{secret} decided", action=Action.BLOCK)
    rule(store.desk.cases()[0].id, moderator, "misuse", note=secret, public_note=secret)
    reply = chat.reply(ann, secret)
    store.report(ann, reply.id, reason="PUP-2.b", note=secret)

    rows = store.exports.take(agreed.id, moderator)

    assert [(row.state, row.ruling, row.action, row.found_by) for row in rows] == [
        ("decided", "misuse", "remove", "rules"),
        ("open", None, None, "person"),
    ]
    for written in (as_csv(rows), as_json(rows)):
        assert secret not in written and ann not in written and moderator not in written
        assert rows[0].id in written


def test_an_export_tells_nothing_of_what_the_checks_said_of_the_blind_slice(opened, chat, ann, moderator):
    store = opened(rules=DeskRules(blind_share=1.0))
    type(chat)(store).prompt(ann, action=Action.BLOCK, check="rules")
    asked = store.exports.ask(moderator, ALL)
    store.exports.agree(asked.id, store.moderators.add("Beryl", "not a real hash").id)

    (row,) = store.exports.take(asked.id, moderator)

    assert (row.state, row.clause, row.found_by) == ("open", None, "")


def test_an_export_waits_for_a_second_person(store, moderator, colleague, lead):
    asked = store.exports.ask(moderator, ALL)

    with pytest.raises(IllegalMove, match="second person"):
        store.exports.take(asked.id, moderator)
    with pytest.raises(Barred, match="second person"):
        store.exports.agree(asked.id, moderator)
    assert [one.agreed_by for one in store.exports.waiting()] == [None]
    store.exports.agree(asked.id, colleague)
    store.exports.agree(asked.id, lead)
    with pytest.raises(Barred, match="theirs"):
        store.exports.take(asked.id, colleague)
    assert store.exports.waiting()[0].agreed_by == colleague
    assert store.exports.take(asked.id, moderator) == ()


def test_an_export_is_taken_once_and_within_a_day(store, moderator, colleague, agreed, clock):
    store.exports.take(agreed.id, moderator)
    late = store.exports.ask(moderator, ALL)
    clock.move(hours=24, seconds=1)

    for asked in (agreed, late):
        with pytest.raises(NotFound):
            store.exports.take(asked.id, moderator)
    with pytest.raises(NotFound):
        store.exports.agree(late.id, colleague)
    assert store.exports.waiting() == ()


def test_every_step_of_an_export_is_in_the_log(store, moderator, colleague, agreed):
    store.exports.take(agreed.id, moderator)

    steps = [(event.actor, event.action) for event in store.audit.events(3)]
    assert steps == [
        (moderator, "export taken"),
        (colleague, "export agreed with"),
        (moderator, "export asked for"),
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_only_text(store, chat, ann, moderator, agreed, formula):
    chat.prompt(ann, action=Action.BLOCK, check=formula, clause=formula)

    (row,) = csv.DictReader(io.StringIO(as_csv(store.exports.take(agreed.id, moderator)), newline=""))

    assert (row["clause"], row["found_by"]) == (f"'{formula}", f"'{formula}")


def test_the_json_can_be_read_again(store, chat, ann, moderator, agreed):
    chat.prompt(ann, action=Action.BLOCK)

    (row,) = json.loads(as_json(store.exports.take(agreed.id, moderator)))

    assert (row["severity"], row["clause"], row["reports"]) == (1, "PUP-2.e.iii", 0)


def test_only_a_moderator_asks(store, ann):
    with pytest.raises(NotFound):
        store.exports.ask(ann, ALL)
