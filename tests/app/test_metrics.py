"""The figures, fed by real turns."""

import logging
import re

import pytest

from app.metrics import Metrics
from app.turn import Limits, TurnRefused, Turns
from model.fake import FakeModel
from model.types import GenerationSettings, Message, ModelBusy


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def converse(metrics, guard, store, ann):
    """Take one turn whose model says this."""

    async def one(prompt, *replies):
        model = metrics.watch(FakeModel(list(replies)))
        limits = Limits(1_000, GenerationSettings(), "v1")
        turns = Turns(model, metrics.watch_judge(guard), store, limits, metrics.ended)
        return [step async for step in turns.send(ann, None, prompt)]

    return one


def figure(metrics, name, **labels):
    """The value of one figure, 0 where it was never counted."""
    wanted = "".join(f'(?=.*{key}="{value}")' for key, value in labels.items())
    found = re.search(rf"^{name}(?:\{{{wanted}.*\}})? (\S+)$", metrics.text().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_a_turn_is_counted_by_its_end_with_both_verdicts_and_the_models_speed(metrics, converse):
    await converse("Good morning", "A reply that is fine and long enough.")

    assert figure(metrics, "bezel_turns_total", end="complete") == 1
    assert figure(metrics, "bezel_verdicts_total", side="prompt", action="allow", clause="none") == 1
    assert figure(metrics, "bezel_verdicts_total", side="response", action="allow") >= 1
    assert figure(metrics, "bezel_checks_total", check="banned", outcome="pass") >= 2
    assert figure(metrics, "bezel_first_token_seconds_count") == 1
    assert figure(metrics, "bezel_tokens_total") > 5
    assert figure(metrics, "bezel_streams") == 0


async def test_a_stopped_prompt_and_a_withheld_reply_are_counted_with_their_clause(metrics, converse):
    await converse("a zzz prompt", "unused")
    await converse("Good morning", "a zzz reply")

    assert figure(metrics, "bezel_turns_total", end="blocked") == 1
    assert figure(metrics, "bezel_turns_total", end="withheld") == 1
    assert figure(metrics, "bezel_verdicts_total", side="prompt", action="block", clause="PUP-2.e.iii") == 1


async def test_a_model_that_cannot_answer_is_counted_by_its_kind_of_error(metrics, converse):
    with pytest.raises(TurnRefused):
        await converse("Good morning", ModelBusy("full"))

    assert figure(metrics, "bezel_model_errors_total", kind="ModelBusy") == 1


def test_errors_in_the_log_are_counted_without_what_they_say(metrics):
    logger = logging.getLogger("bezel.somewhere.deep")
    handler = metrics.count_errors()
    logger.addHandler(handler)

    logger.error("incident %s", "a-word-of-somebodys")
    logger.warning("no error")
    logger.removeHandler(handler)

    assert figure(metrics, "bezel_errors_total", logger="bezel.somewhere") == 1
    assert b"a-word-of-somebodys" not in metrics.text()


def test_waiting_cases_are_asked_for_when_the_figures_are_read(metrics):
    metrics.count_cases_with(lambda: 7)

    assert figure(metrics, "bezel_cases_waiting") == 7


async def test_a_reply_waits_in_line_until_the_model_begins_it(metrics):
    model = metrics.watch(FakeModel(["a reply that is long enough"], at_once=1))
    one, other = (model.stream([Message("user", "Hello")], GenerationSettings()) for _ in range(2))

    assert (await anext(one)).text and (await anext(other)).place == 1
    counted = figure(metrics, "bezel_streams"), figure(metrics, "bezel_streams_waiting")
    await one.aclose()
    await other.aclose()

    assert counted == (2, 1)
    assert figure(metrics, "bezel_streams") == figure(metrics, "bezel_streams_waiting") == 0


async def test_the_watched_model_hands_on_what_it_does_not_count(metrics):
    model = FakeModel(["x"])
    watched = metrics.watch(model)

    watched.forget("a conversation")
    watched.close()

    assert watched.checkpoint is model.checkpoint
    assert model.forgotten == ["a conversation"]
    assert model.is_shut
