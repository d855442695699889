"""Fault by fault: what breaks ends with a sentence, the gate stays closed, and nothing shown is lost."""

import asyncio
import resource
import sqlite3
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.turn import Limits, TurnRefused, Turns
from model.catalog import DEMO_FOLDER
from model.engine import Engine
from model.fake import FakeModel
from model.loading import load
from model.remote import connect
from model.remote_servers import ServerSettings
from model.types import GenerationSettings
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import policy_for
from safety.types import CheckedText, Text
from storage.store import Store
from storage.types import StorageError
from tests.model.scripted import Scripted, answers, chunk, resets, streams

ANN = "ann"
LONG = "All is well and the sun is shining on the green hills. " * 40
HELD_BACK = "The sun is shining on the green hills. " * 20


async def taken(turns, text="Good morning", conversation_id=None):
    """Take a turn to its end, whatever that is: the steps, and the sentence it was refused with."""
    steps = []
    try:
        async for step in turns.send(ANN, conversation_id, text):
            steps.append(step)
    except TurnRefused as refused:
        return steps, str(refused)
    return steps, None


def shown_in(steps):
    return max((step.text for step in steps), key=len, default="")


def last_of(store):
    """The messages of the conversation that was written in last."""
    return store.path(ANN, store.conversations(ANN)[0].id)


# The engine's thread


class Dies:
    """Real weights whose thread is ended after so many steps, as by a fault in a library below."""

    def __init__(self, weights, steps):
        self._weights = weights
        self._left = steps
        self.is_on = False

    def __getattr__(self, name):
        return getattr(self._weights, name)

    def __call__(self, **options):
        self._left -= self.is_on
        if self._left < 0:
            raise SystemExit
        return self._weights(**options)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_an_engine_that_dies_in_mid_reply_keeps_what_was_shown_and_answers_nobody(store, turns_with):
    loaded = load(str(DEMO_FOLDER), device="cpu", precision="float32")
    dying = Dies(loaded.model, steps=6)
    engine = Engine(replace(loaded, model=dying))
    dying.is_on = True
    turns = turns_with(engine)

    steps, said = await taken(turns, "How do I boil an egg?")
    later, said_later = await taken(turns)

    prompt, reply = store.path(ANN, steps[-1].prompt.conversation_id)
    engine.close()
    assert engine.has_failed
    assert said and said_later
    assert (prompt.state, reply.state) == ("accepted", "failed")
    assert reply.text.startswith(shown_in(steps))
    assert [message.state for message in last_of(store)] == ["accepted"]
    assert shown_in(later) == "" and turns.wind_down(0) == 0


# A server elsewhere


@pytest.fixture
async def scripted():
    server = await Scripted().start()
    yield server
    server.close()


@pytest.fixture
async def over(scripted):
    """A model over the scripted server that waits for half a second, not for minutes."""
    settings = ServerSettings(
        urls=(scripted.url,),
        model="gemma",
        connect_seconds=0.5,
        first_token_seconds=0.5,
        between_tokens_seconds=0.5,
    )
    model = await asyncio.to_thread(connect, settings)
    yield model
    model.close()


PASSED = [chunk(HELD_BACK), chunk(HELD_BACK)]
FAULTS = {
    "is silent from the start": (streams(None), False),
    "falls silent": (streams(*PASSED, None), True),
    "resets the connection": (resets(*PASSED), True),
    "resets it before a word": (resets(), False),
    "sends rubbish": (streams(*PASSED, b"data: {rubbish\n\n"), True),
    "sends nothing but rubbish": (streams(b"\xff\xfe\x00rubbish\n\n"), False),
    "answers with an error": (answers(500, "broken"), False),
    "answers with a page": (answers(200, "<html>hello", kind="text/html"), False),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_that_fails_ends_the_turn_with_a_sentence_and_the_next_turn_is_answered(
    scripted, over, store, turns_with, fault
):
    script, has_begun = FAULTS[fault]
    scripted.scripts = [script]
    turns = turns_with(over)

    steps, said = await taken(turns)

    prompt, *replies = last_of(store)
    assert said
    assert prompt.state == "accepted"
    assert not {reply.state for reply in replies} - {"failed"}
    assert replies[0].text.startswith("The sun is shining") if has_begun else not any(r.text for r in replies)
    assert all(reply.text.startswith(shown_in(steps)) for reply in replies)
    scripted.scripts = [streams(chunk("Hello you"), chunk(finish="stop"), b"data: [DONE]\n\n")]
    again, unsaid = await taken(turns, conversation_id=prompt.conversation_id)
    assert unsaid is None and again[-1].reply.state == "complete"


async def test_a_server_that_sends_what_is_not_allowed_and_then_breaks_off_shows_none_of_it(
    scripted, over, store, turns_with
):
    scripted.scripts = [resets(*PASSED, chunk("and now zzz "), chunk("and more " * 40))]

    steps, _ = await taken(turns_with(over))

    assert not any("zzz" in step.text for step in steps)
    assert "zzz" not in last_of(store)[-1].text


# A check


class Hangs:
    """A check that does not come back from the texts of one side before it is let go."""

    name = "hangs"
    version = "1"

    def __init__(self, side):
        self._side = side
        self.let_go = threading.Event()

    def check(self, text: Text) -> CheckedText:
        if text.side == self._side:
            self.let_go.wait(30)
        return CheckedText()


@pytest.mark.parametrize("side", ["prompt", "response"])
async def test_a_check_that_hangs_lets_nothing_pass(store, turns_with, side):
    model = FakeModel([LONG])
    check = Hangs(side)
    judge = Guard([check], policy_for("hangs"), deadline=0.1)

    steps, said = await taken(turns_with(model, judge))

    check.let_go.set()
    judge.close()
    last = last_of(store)[-1]
    assert said is None
    assert shown_in(steps) == "" and last.text in ("", "Good morning")
    assert last.state == ("blocked" if side == "prompt" else "withheld")
    assert last.verdict["checks"] == {"hangs": "error"}
    assert len(model.calls) == (side == "response")


# The database


@contextmanager
def full_disk(database):
    """No file may grow past what the database's journal is now."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = database.with_name(f"{database.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_a_disk_that_is_full_in_mid_reply_shows_nothing_unsaved_and_the_record_is_closed(
    store, database, turns_with
):
    turns = turns_with(FakeModel([LONG * 10], pace=0.002))
    stream = turns.send(ANN, None, "Good morning")
    shown = ""

    with pytest.raises(StorageError, match="nothing was saved"):
        async for step in stream:
            shown = step.text or shown
            if len(shown) > 100:
                with full_disk(database):
                    while True:
                        shown = (await anext(stream)).text or shown
    prompt, reply = last_of(store)
    store.runs.beat(0.0)

    closed = last_of(store)[-1]
    assert prompt.state == "accepted" and reply.text.startswith(shown)
    assert closed.state == "interrupted" and closed.text.startswith(reply.text)
    again, said = await taken(turns, conversation_id=prompt.conversation_id)
    assert said is None and again[-1].reply.state == "complete"


class Pauses(FakeModel):
    """A FakeModel that stands still before the word that is not allowed, until it may go on."""

    def __init__(self, replies, **pace):
        super().__init__(replies, **pace)
        self.stands_still, self.go_on = asyncio.Event(), asyncio.Event()

    async def stream(self, prompt, settings, *, conversation=None):
        async for said in super().stream(prompt, settings, conversation=conversation):
            if "z" in said.text:
                self.stands_still.set()
                await self.go_on.wait()
            yield said


async def test_a_reply_that_turns_bad_while_the_disk_is_full_is_withheld_once_there_is_room(
    store, database, turns_with
):
    model = Pauses([f"{LONG[:600]} and then zzz"], pace=0.001)
    turn = asyncio.create_task(taken(turns_with(model)))
    await asyncio.wait_for(model.stands_still.wait(), 30)
    await asyncio.sleep(0.2)

    with full_disk(database):
        model.go_on.set()
        with pytest.raises(StorageError, match="nothing was saved"):
            await turn
    store.runs.beat(0.0)

    reply = last_of(store)[-1]
    assert (reply.state, reply.text) == ("withheld", "")
    assert store.desk.waiting() == 1


async def test_a_database_that_another_program_holds_for_a_while_delays_a_turn_and_loses_nothing(
    store, database, turns_with
):
    store.conversations(ANN)
    other = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.4, other.execute, ["COMMIT"])
    release.start()

    steps, said = await taken(turns_with(FakeModel([LONG])))

    release.join()
    other.close()
    assert said is None
    assert [message.state for message in last_of(store)] == ["accepted", "complete"]
    assert last_of(store)[-1].text == steps[-1].text


async def test_prompts_sent_while_the_disk_is_full_are_refused_and_those_before_are_kept(
    store, database, turns_with
):
    model = FakeModel([LONG, LONG])
    turns = turns_with(model)
    await taken(turns)
    before = last_of(store)

    with full_disk(database):
        outcomes = await asyncio.gather(
            *(taken(turns, f"{number} " * 2_000) for number in range(3)), return_exceptions=True
        )

    assert all(isinstance(outcome, StorageError) for outcome in outcomes)
    assert len(model.calls) == 1
    assert before in [store.path(ANN, kept.id) for kept in store.conversations(ANN)]


# The clock


class Jumping:
    """The store's clock, which somebody sets wrong and right again."""

    def __init__(self):
        self.off = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("days", [-400, 400])
async def test_a_clock_that_jumps_loses_no_turn_and_no_case(tmp_path, guard, days):
    clock = Jumping()
    with closing(
        Store.open(f"sqlite:///{tmp_path}/b", evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock)
    ) as store:
        mia, noa = (store.moderators.add(name, "no hash").id for name in ("mia", "noa"))
        turns = Turns(FakeModel([LONG]), guard, store, Limits(16_000, GenerationSettings(), None))
        await taken(turns)
        conversation_id = store.conversations(ANN)[0].id

        clock.off = timedelta(days=days)
        await taken(turns, conversation_id=conversation_id)
        await taken(turns, "zzz", conversation_id=conversation_id)
        held = store.desk.next_case(mia)
        clock.off = timedelta()
        await taken(turns, conversation_id=conversation_id)
        again = store.desk.next_case(noa)

        states = [message.state for message in store.path(ANN, conversation_id)]
        assert states == ["accepted", "complete"] * 2 + ["blocked"] + ["accepted", "complete"]
        assert held.summary.id == again.summary.id, "a claim of another time has run out"
        assert store.audit.first_broken() is None


# The gate, when everything else fails with it


async def test_a_guard_that_is_closed_lets_no_prompt_reach_a_model_and_no_reply_a_reader(store, turns_with):
    model = FakeModel([LONG])
    closed = Guard([Banned("zzz")], policy_for("banned"))
    closed.close()

    steps, _ = await taken(turns_with(model, closed))

    assert steps[-1].prompt.state == "blocked"
    assert model.calls == []
