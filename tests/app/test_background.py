import pytest

from app.background import sweeps
from app.settings import Settings
from storage.types import NotFound


async def test_each_kind_is_let_go_after_the_days_that_the_host_says(parts, store, clock, model, ann):
    async for step in parts.turns.send(ann, None, "Hello"):
        reply = step.reply
    store.report(ann, reply.id, reason="other", note="my words")
    clock.move(days=31)
    forever, month = (
        [sweep() for sweep in sweeps(Settings(**days), store, parts.turns)]
        for days in ({}, {"conversation_days": 30, "report_days": 30})
    )

    assert (forever, month) == ([0, 0, 0], [0, 1, 0])
    assert model.forgotten == [reply.conversation_id]
    with pytest.raises(NotFound):
        store.path(ann, reply.conversation_id)


async def test_the_words_of_a_decided_report_go_with_their_clock(parts, store, clock, ann, mia):
    async for step in parts.turns.send(ann, None, "Hello"):
        reply = step.reply
    store.report(ann, reply.id, reason="other", note="my words")
    case = store.desk.claim(store.desk.cases()[0].id, mia.id)
    store.desk.decide(
        case.summary.id,
        mia.id,
        ruling="no_violation",
        clause=None,
        note="",
        public_note="",
        row_version=case.row_version,
    )
    clock.move(days=31)
    store.desk.settle()
    clock.move(days=31)

    swept = [sweep() for sweep in sweeps(Settings(report_days=30), store, parts.turns)]

    assert swept == [0, 0, 1]
    assert store.reports(ann)[0].note == ""
