"""Transactions that meet: on PostgreSQL they run at once, on SQLite one after the other; both end well."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, text

from safety.types import Action
from storage import accounts, cases, conversations, retention, tables, turns
from storage.opening import CONNECTIONS
from storage.transactions import TRIES
from storage.types import StorageError


@pytest.fixture
def met():
    """Wait until another thread is here too; on SQLite none can be, and it goes on alone."""
    meeting = threading.Barrier(2)

    def meet():
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.3)

    return meet


def both(*steps):
    """What two steps give at once, each in a thread of its own: its value, or its error's sentence."""

    def taken(step):
        try:
            return step()
        except StorageError as error:
            return str(error)

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(taken, steps))


def test_two_that_wait_for_each_other_both_end(store, ann, met):
    one, other = (store.start_conversation(ann).id for _ in range(2))

    def rename(first, second, title):
        def step(work):
            conversations.rename(work, ann, first, title)
            work.flush()
            met()
            conversations.rename(work, ann, second, title)

        return lambda: store._transactions.write(step)

    assert both(rename(one, other, "One"), rename(other, one, "Other")) == [None, None]

    titles = {chat.title for chat in store.conversations(ann)}
    assert titles in ({"One"}, {"Other"})


def test_of_two_who_take_a_name_at_once_one_has_it_and_the_other_reads_why_not(store, met):
    def add():
        def step(work):
            assert accounts._by_name(work, "Opal") is None or store.accounts.by_name("Opal")
            met()
            return accounts._add(work, "Opal", "not a real hash").name

        return store._transactions.write(step)

    said = both(add, add)

    assert sorted(said) == ["Opal", "There is an account named 'Opal' already; choose another name."]
    assert len(store.accounts.everyone()) == 1


def test_what_can_never_be_written_is_refused_after_some_tries_and_leaves_nothing(store, backend, ann):
    tries = []

    def step(work):
        tries.append(work)
        conversations.start(work, ann, "half written")
        work.add(tables.OpenReply(owner=ann, message_id="no such message", run_id="run", beats=0))
        work.flush()

    with pytest.raises(StorageError, match="refused this"):
        store._transactions.write(step)

    assert len(tries) == (1 if backend == "sqlite" else TRIES)
    assert store.conversations(ann) == ()


@pytest.fixture
def appealed(store, chat, ann, moderator, rule):
    """A case that was decided about a prompt of Ann's, and the decision."""
    chat.prompt(ann, "a fair question", action=Action.BLOCK)
    return rule(store.desk.cases()[0].id, moderator, "misuse")


def let_go_of(work, case_id, met, backend):
    """Leave a case without a decision in force, while another transaction is waiting to read it."""
    cases.locked(work, case_id).decision_id = None
    work.execute(delete(tables.DecisionLabel))
    work.flush()
    met()
    until_another_waits(work, backend)


def test_an_appeal_is_about_what_is_in_force_once_it_is_its_turn(store, backend, ann, appealed, met):
    def ask():
        met()
        return store.appeals.appeal(ann, appealed.id, "please")

    _, refusal = both(lambda: store._transactions.write(let_go_of, appealed.case_id, met, backend), ask)

    assert "cannot be appealed" in refusal


def test_a_decision_takes_the_place_of_what_is_in_force_once_it_is_its_turn(
    store, backend, ann, appealed, colleague, decide, clock, met
):
    store.appeals.appeal(ann, appealed.id, "please")
    decide(store.desk.cases()[0].id, colleague, "no_violation")
    clock.move(seconds=31)

    both(
        lambda: store._transactions.write(let_go_of, appealed.case_id, met, backend),
        lambda: (met(), store.desk.settle()),
    )

    course = store._transactions.read(lambda work: work.get(tables.DecisionCourse, appealed.id).state)
    assert course == "in_force"
    assert store.appeals.of(ann)[0].outcome == "overturned"


def rows_of(store, owner):
    """The tables that have a row of this person."""
    named = [table for table in tables.Base.metadata.sorted_tables if "owner" in table.c]
    return store._transactions.read(
        lambda work: {
            table.name
            for table in named
            if work.execute(table.select().where(table.c.owner == owner)).first()
        }
    )


@pytest.mark.parametrize("goes", ["person", "conversation"])
def test_what_is_erased_in_the_middle_of_a_turn_leaves_nothing_of_it(store, backend, ann, verdict, met, goes):
    conversation_id = store.start_conversation(ann).id
    prompt = store.save_prompt(ann, conversation_id, "my own words")

    def judge(work):
        turns.record_prompt(work, ann, prompt.id, verdict(), severity=1)
        met()
        until_another_waits(work, backend)

    def erase():
        met()
        store.erase_person(ann) if goes == "person" else store.delete_conversation(ann, conversation_id)

    both(lambda: store._transactions.write(judge), erase)

    assert rows_of(store, ann) == ({"person"} if goes == "conversation" else set())


def test_all_that_is_deleted_twice_at_once_is_deleted_once_and_nobody_is_refused(store, backend, ann, met):
    ids = tuple(store.start_conversation(ann).id for _ in range(2))

    def delete_first(work):
        gone = retention.delete_conversations(work, ann)
        met()
        until_another_waits(work, backend)
        return gone

    first, second = both(
        lambda: store._transactions.write(delete_first), lambda: met() or store.delete_conversations(ann)
    )

    assert (first, second) == (ids, ())


def until_another_waits(work, backend):
    """Wait until another transaction waits for this one; SQLite's is not even let in."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    given_up = time.monotonic() + 5
    while backend == "postgresql" and not work.scalar(waiting) and time.monotonic() < given_up:
        time.sleep(0.01)


def test_where_every_connection_is_taken_for_too_long_that_is_one_sentence(store, ann):
    pool = store._transactions._engine.pool
    pool._timeout = 0.05
    taken = [pool.connect() for _ in range(CONNECTIONS)]

    with pytest.raises(StorageError, match="has too much to do"):
        store.conversations(ann)

    for connection in taken:
        connection.close()
    assert store.conversations(ann) == ()


@pytest.mark.postgresql
def test_each_question_is_planned_for_the_person_who_asks_it(store, ann):
    for _ in range(10):
        store.conversations(ann)

    plans = text("SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements")
    asked, planned_for_everybody = store._transactions.read(lambda work: work.execute(plans).one())
    assert asked > 0
    assert planned_for_everybody == 0
