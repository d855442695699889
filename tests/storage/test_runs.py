import pytest

from storage import runs
from storage.runs import BEAT, PATIENCE
from storage.types import IllegalMove, StorageError


@pytest.fixture
def other(store, opened):
    """Another run of Bezel on the same database."""
    return opened()


def test_a_reply_whose_run_gives_signs_of_life_is_left_alone(store, other, chat, ann):
    begun = chat.streaming(ann)

    for second in range(0, int(4 * PATIENCE), int(BEAT)):
        store.runs.beat(second)
        assert other.runs.beat(second) == 0

    assert store.message(ann, begun.id).state == "streaming"


def test_a_reply_is_closed_once_its_run_has_been_silent_for_long_enough(store, other, chat, ann):
    begun = chat.streaming(ann)
    store.save_reply(ann, begun.id, "Good")
    store.runs.beat(0)

    closed = [other.runs.beat(second) for second in (0, PATIENCE - 1, PATIENCE, PATIENCE + 1)]

    assert closed == [0, 0, 1, 0]
    assert (store.message(ann, begun.id).state, store.message(ann, begun.id).text) == ("interrupted", "Good")


def test_of_several_that_look_on_one_closes_it(store, other, opened, chat, ann):
    chat.streaming(ann)
    third = opened()

    closed = [run.runs.beat(second) for second in (0, PATIENCE) for run in (other, third)]

    assert closed == [0, 0, 1, 0]


@pytest.mark.parametrize("days", [-30, 30])
def test_a_clock_on_the_wall_that_jumps_kills_no_reply_and_saves_none(store, other, chat, ann, clock, days):
    mine = chat.streaming(ann)
    theirs = other.start_reply(ann, mine.parent_id, checkpoint="c", settings={})
    other.runs.beat(0)
    store.runs.beat(0)

    clock.move(days=days)
    closed = [store.runs.beat(second) for second in (PATIENCE - 1, PATIENCE)]

    assert closed == [0, 1]
    assert store.message(ann, mine.id).state == "streaming"
    assert store.message(ann, theirs.id).state == "interrupted"


def test_a_sign_of_life_at_the_last_moment_saves_a_reply(store, other, chat, ann):
    begun = chat.streaming(ann)
    (seen,) = other._read(runs._open)

    store.runs.beat(0)

    assert other._write(runs._close, [seen]) == 0
    assert store.message(ann, begun.id).state == "streaming"


def test_a_run_that_was_taken_for_dead_cannot_go_on_with_the_reply(store, other, chat, ann, verdict):
    begun = chat.streaming(ann)
    other.runs.beat(0)
    other.runs.beat(PATIENCE)

    with pytest.raises(IllegalMove):
        store.save_reply(ann, begun.id, "Good day")
    with pytest.raises(IllegalMove):
        store.end_reply(ann, begun.id, state="complete", text="", end_reason="end", verdict=verdict())

    assert store.message(ann, begun.id).state == "interrupted"


def test_a_run_that_ends_closes_its_own_replies_and_no_others(store, other, chat, ann):
    mine = chat.streaming(ann)
    theirs = other.start_reply(ann, mine.parent_id, checkpoint="c", settings={})

    assert (store.runs.end(), store.runs.end()) == (1, 0)

    assert store.message(ann, mine.id).state == "interrupted"
    assert store.message(ann, theirs.id).state == "streaming"


def test_a_reply_that_has_ended_is_in_the_journal_no_more(store, other, chat, ann):
    chat.reply(ann)
    chat.withheld(ann)
    gone = chat.streaming(ann)
    store.delete_conversation(ann, gone.conversation_id)

    assert store._read(runs._open) == ()


def test_an_end_that_cannot_be_written_yet_keeps_back_no_sign_of_life(store, other, chat, ann):
    def end():
        raise StorageError("The disk is full.")

    chat.streaming(ann)
    theirs = chat.prompt(ann)
    other.start_reply(ann, theirs.id, checkpoint="c", settings={})
    store.runs.later(end)

    for at in (0, PATIENCE):
        with pytest.raises(StorageError, match="full"):
            store.runs.beat(at)

    assert [(line.run_id, line.beats) for line in store._read(runs._open)] == [(store.runs._run_id, 2)]


@pytest.mark.sqlite
def test_a_run_that_writes_no_reply_writes_no_sign_of_life(store, chat, ann, raw):
    chat.reply(ann)
    raw.execute("BEGIN IMMEDIATE")

    assert store.runs.beat(0) == 0
