import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.limits import HOUR, MINUTE, Admission, Allowed, Buckets
from app.pages.complaint import file_complaint
from app.turn import Limits as TurnLimits
from app.turn import TurnRefused, Turns
from model.types import GenerationSettings


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Clock()


@pytest.fixture
def admission(time):
    """An admission with these bounds and no others."""
    unbounded = dict.fromkeys((field.name for field in dataclasses.fields(Allowed)), 0)
    return lambda **bounds: Admission(
        Allowed(**{**unbounded, "conversations": 9, "messages": 9, **bounds}), clock=time
    )


def sends(admission, owner="ann", **room):
    with admission.turn(owner, **room):
        pass


def refusal(act, *args, **kwargs):
    with pytest.raises(TurnRefused) as refused:
        act(*args, **kwargs)
    return str(refused.value)


def test_prompts_of_one_person_are_bounded_and_the_answer_says_until_when(admission, time):
    admitted = admission(prompts=3)
    for _ in range(3):
        sends(admitted)

    said = refusal(sends, admitted)
    time.now += 20.0
    sends(admitted)

    assert said == "You have sent many messages in a short time. You can send again in 20 seconds."
    sends(admitted, "bob")


def test_the_answer_comes_in_the_language_of_the_browser(admission):
    admitted = admission(prompts=1)
    for language in ("ko", "zh", "ja"):
        admitted.came_from(language, "", language)
        sends(admitted, language)

    assert "60초 후에" in refusal(sends, admitted, "ko")
    assert "60 秒后" in refusal(sends, admitted, "zh")
    assert "60 秒後" in refusal(sends, admitted, "ja")


def test_tokens_of_replies_are_bounded_afterwards(admission, time):
    admitted = admission(tokens=600)
    sends(admitted)
    admitted.spent("ann", 900)

    said = refusal(sends, admitted)
    time.now += 31.0
    sends(admitted)

    assert "a lot of text" in said and "in 31 seconds" in said


def test_turns_at_the_same_time_are_bounded_and_end_with_their_turn(admission):
    admitted = admission(turns=2)

    with admitted.turn("ann"), admitted.turn("ann"):
        said = refusal(sends, admitted)
        sends(admitted, "bob")
    sends(admitted)

    assert said == "2 replies to you are still being written. You can send again when one of them has ended."


def test_a_turn_that_fails_is_over_too(admission):
    admitted = admission(turns=1)

    with pytest.raises(ZeroDivisionError), admitted.turn("ann"):
        raise ZeroDivisionError

    sends(admitted)


def test_a_refused_prompt_counts_nowhere(admission, time):
    admitted = admission(prompts=2, turns=1)
    with admitted.turn("ann"):
        for _ in range(50):
            refusal(sends, admitted)
    sends(admitted)

    assert "in 30 seconds" in refusal(sends, admitted)


def test_a_text_that_is_only_judged_counts_as_a_prompt(admission):
    admitted = admission(prompts=2, turns=1)
    with admitted.turn("ann"):
        admitted.require_prompt("ann")

    assert "You can send again in 30 seconds" in refusal(admitted.require_prompt, "ann")
    assert "You can send again in 30 seconds" in refusal(sends, admitted)
    admitted.require_prompt("bob")


def test_everybody_behind_one_address_together_is_bounded(admission):
    admitted = admission(address_prompts=2)
    for owner in ("ann", "bob", "eve"):
        admitted.came_from(owner, "192.0.2.7", "en")
    admitted.came_from("zoe", "192.0.2.8", "en")
    sends(admitted, "ann")
    sends(admitted, "bob")

    assert "from your network" in refusal(sends, admitted, "eve")
    sends(admitted, "zoe")


def test_an_unknown_address_bounds_nobody(admission):
    admitted = admission(address_prompts=1, address_people=1)
    for owner in ("ann", "bob", "eve"):
        admitted.came_from(owner, "", "en")
        sends(admitted, owner)

    assert [admitted.wait_of_new_person("") for _ in range(3)] == [0.0] * 3


def test_new_people_from_one_address_are_bounded(admission, time):
    admitted = admission(address_people=2)

    waits = [admitted.wait_of_new_person("192.0.2.7") for _ in range(3)]

    assert waits == [0.0, 0.0, pytest.approx(HOUR / 2)]
    assert admitted.wait_of_new_person("192.0.2.8") == 0.0


def test_reports_of_one_person_are_bounded(admission, time):
    admitted = admission(reports=2)
    admitted.require_report("ann")
    admitted.require_report("ann")

    assert "the next report in 30 minutes" in refusal(admitted.require_report, "ann")
    admitted.require_report("bob")


def test_conversations_and_their_length_are_bounded(admission):
    admitted = admission(conversations=3, messages=5)

    sends(admitted, conversations=2)
    sends(admitted, messages=4)
    assert "You have 3 conversations" in refusal(sends, admitted, conversations=3)
    assert "has reached 5 messages" in refusal(sends, admitted, messages=5)


def test_nought_is_no_bound(admission):
    admitted = admission()
    admitted.came_from("ann", "192.0.2.7", "en")

    for _ in range(1_000):
        sends(admitted)
        admitted.spent("ann", 10_000)
        admitted.require_report("ann")


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 30)), max_size=200), st.integers(1, 9))
def test_no_rhythm_gets_more_than_the_bucket_and_what_flows_in(steps, size):
    clock = Clock()
    buckets = Buckets(size, MINUTE, clock=clock)
    taken = {key: [] for key in range(4)}
    for key, pause in steps:
        clock.now += pause
        if buckets.wait(str(key)) == 0:
            buckets.take(str(key))
            taken[key].append(clock.now)

    for times in taken.values():
        for first, begin in enumerate(times):
            for last, end in enumerate(times[first:], start=first):
                assert last - first + 1 <= size + (end - begin) * size / MINUTE + 1e-3


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 40))
def test_whoever_waits_as_long_as_was_said_may_go_on(size, count):
    clock = Clock()
    buckets = Buckets(size, MINUTE, clock=clock)
    buckets.take("ann", count)

    clock.now += buckets.wait("ann")

    assert buckets.wait("ann") == 0.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 500), max_size=600), st.integers(1, 20))
def test_memory_stays_bounded_whoever_comes(keys, most):
    clock = Clock()
    buckets = Buckets(3, MINUTE, most=most, clock=clock)

    for key in keys:
        clock.now += 0.5
        buckets.take(str(key))
        assert len(buckets) <= most


def test_full_buckets_are_forgotten_before_others(time):
    buckets = Buckets(2, MINUTE, most=3, clock=time)
    buckets.take("busy", 2)
    time.now += 1.0
    for name in ("a", "b"):
        buckets.take(name, 0.001)
    time.now += 1.0
    buckets.take("c")

    assert buckets.wait("busy") > 0 and len(buckets) == 2


async def test_a_turn_past_the_limit_saves_nothing_and_reaches_no_model(store, guard, model, ann, admission):
    turns = Turns(
        model, guard, store, TurnLimits(100, GenerationSettings(), "v1"), admission=admission(prompts=1)
    )
    first = [step async for step in turns.send(ann, None, "Hello")]

    with pytest.raises(TurnRefused, match="You can send again in 60 seconds"):
        async for _ in turns.send(ann, None, "Hello again"):
            pass
    with pytest.raises(TurnRefused, match="You can send again"):
        async for _ in turns.retry(ann, first[-1].prompt.id):
            pass

    assert len(model.calls) == 1
    assert store.conversation_count(ann) == 1
    assert store.message_count(ann, first[-1].prompt.conversation_id) == 2


async def test_a_conversation_at_its_longest_takes_no_more(store, guard, model, ann, admission):
    limits = TurnLimits(100, GenerationSettings(), "v1")
    turns = Turns(model, guard, store, limits, admission=admission(messages=2, conversations=1))
    first = [step async for step in turns.send(ann, None, "Hello")]
    held = first[-1].prompt.conversation_id

    with pytest.raises(TurnRefused, match="has reached 2 messages"):
        async for _ in turns.send(ann, held, "Hello again"):
            pass
    with pytest.raises(TurnRefused, match="You have 1 conversations"):
        async for _ in turns.send(ann, None, "Hello again"):
            pass

    assert store.message_count(ann, held) == 2 and store.conversation_count(ann) == 1


async def test_the_tokens_of_a_reply_count_also_where_its_reader_leaves(store, guard, model, ann, admission):
    limits = TurnLimits(100, GenerationSettings(), "v1")
    turns = Turns(model, guard, store, limits, admission=admission(tokens=1))
    async for step in turns.send(ann, None, "Hello"):
        if step.stage == "done":
            break

    with pytest.raises(TurnRefused, match="a lot of text"):
        async for _ in turns.send(ann, None, "Hello again"):
            pass


async def test_a_flood_of_reports_is_refused_and_nothing_of_it_stored(parts, ann, admission):
    bounded = dataclasses.replace(parts, admission=admission(reports=1))
    replies = [await answered(parts, ann, text) for text in ("Hello", "Hello again")]
    await file_complaint(bounded, ann, (replies[0], "report"), "other", "first")

    with pytest.raises(TurnRefused, match="You can send the next report in 60 minutes"):
        await file_complaint(bounded, ann, (replies[1], "report"), "other", "second")

    assert [found.note for found in parts.store.reports(ann)] == ["first"]


async def answered(parts, owner, text):
    """The id of the reply to this prompt, in a conversation of its own."""
    steps = [step async for step in parts.turns.send(owner, None, text)]
    return steps[-1].reply.id
