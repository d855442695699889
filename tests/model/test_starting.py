import asyncio
import logging
from threading import Event

import pytest

from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import NOT_LOADED, StartingModel
from model.types import GenerationSettings, Message, ModelBusy, ModelError

HELLO = [Message("user", "Hello")]
SECONDS = 20


class Loading:
    """A load that a test drives: it reports what it is told, then ends as it is told."""

    def __init__(self, model=None, fault=None):
        self.may_end = Event()
        self.reporting = Event()
        self.model = model or FakeModel(["Here I am."])
        self._fault = fault

    def __call__(self, report):
        report(Progress("reading", 0.4, "weights"))
        self.reporting.set()
        assert self.may_end.wait(SECONDS)
        if self._fault is not None:
            raise self._fault
        return self.model


async def said_by(model, settings=None):
    chunks = model.stream(HELLO, settings or GenerationSettings(), conversation="c")
    return "".join([chunk.text async for chunk in chunks])


async def ended(model):
    await asyncio.to_thread(model._thread.join, SECONDS)


async def test_it_says_how_far_it_is_until_it_is_ready():
    loading = Loading()
    model = StartingModel(loading, FAKE)

    model.begin()
    on_the_way = model.progress
    loading.may_end.set()
    await ended(model)

    assert on_the_way == Progress("reading", 0.4, "weights")
    assert model.progress is None and not model.has_failed
    assert await said_by(model) == "Here I am."


async def test_a_prompt_that_comes_too_early_waits_and_is_answered():
    loading = Loading()
    model = StartingModel(loading, FAKE)
    model.begin()
    chunks = model.stream(HELLO, GenerationSettings(), conversation="c")

    first = await anext(chunks)
    assert (first.text, first.ending) == ("", None)
    assert loading.model.calls == []
    loading.may_end.set()

    assert "".join([chunk.text async for chunk in chunks]) == "Here I am."
    assert loading.model.conversations == ["c"]


async def test_who_leaves_the_wait_asks_the_model_nothing():
    loading = Loading()
    model = StartingModel(loading, FAKE, max_waiting=1)
    model.begin()
    chunks = model.stream(HELLO, GenerationSettings())
    await anext(chunks)

    await chunks.aclose()
    loading.may_end.set()
    await ended(model)

    assert loading.model.calls == []
    assert await said_by(model) == "Here I am."


async def test_one_prompt_too_many_hears_that_it_is_busy():
    loading = Loading()
    model = StartingModel(loading, FAKE, max_waiting=1)
    model.begin()
    waits = model.stream(HELLO, GenerationSettings())
    await anext(waits)

    with pytest.raises(ModelBusy, match="still being loaded, and 1 prompts wait"):
        await said_by(model)

    loading.may_end.set()
    await waits.aclose()


@pytest.mark.parametrize("fault", [ModelError("gated: set HF_TOKEN"), ModelError("no such folder: ./x")])
def test_what_fails_before_the_weights_are_touched_ends_the_start(fault, caplog):
    def load(report):
        report(Progress("checking"))
        raise fault

    model = StartingModel(load, FAKE)

    with pytest.raises(ModelError, match=str(fault)):
        model.begin()

    assert caplog.records == []


@pytest.mark.parametrize(
    "fault", [ModelError("it does not fit into 2 GB"), OSError("it does not fit into 2 GB")]
)
async def test_what_fails_later_is_told_to_the_host_in_full_and_to_visitors_in_one_sentence(fault, caplog):
    loading = Loading(fault=fault)
    model = StartingModel(loading, FAKE)
    model.begin()

    loading.may_end.set()
    await ended(model)

    assert model.has_failed
    with pytest.raises(ModelError) as told:
        await said_by(model)
    assert str(told.value) == NOT_LOADED
    assert "it does not fit into 2 GB" in caplog.text


async def test_it_claims_to_be_what_was_described_until_it_knows_better(caplog):
    caplog.set_level(logging.INFO)
    described = type(FAKE)(id="x/y", revision="main", title="Y", licence="none", context_length=10)
    loading = Loading()
    model = StartingModel(loading, described)
    model.begin()

    before = model.checkpoint
    loading.may_end.set()
    await ended(model)

    assert (before, model.checkpoint) == (described, FAKE)
    assert "Fake model (fake@0) is ready" in caplog.text


async def test_forgetting_reaches_the_model_once_there_is_one():
    loading = Loading()
    model = StartingModel(loading, FAKE)
    model.begin()

    model.forget("early")
    loading.may_end.set()
    await ended(model)
    model.forget("late")

    assert loading.model.forgotten == ["late"]


async def test_a_model_that_is_loaded_after_closing_is_closed_at_once():
    loading = Loading()
    model = StartingModel(loading, FAKE)
    model.begin()

    model.close()
    loading.may_end.set()
    await ended(model)

    assert loading.model.is_shut


async def test_closing_twice_closes_the_model():
    loading = Loading()
    loading.may_end.set()
    model = StartingModel(loading, FAKE)
    model.begin()
    await ended(model)

    model.close()
    model.close()

    assert loading.model.is_shut


class Mortal(FakeModel):
    """A FakeModel that can die, as an engine does with its thread."""

    has_failed = False


async def test_a_model_that_dies_after_it_was_loaded_is_said_to_have_failed():
    loading = Loading(Mortal(["Here I am."]))
    model = StartingModel(loading, FAKE)
    model.begin()
    loading.may_end.set()
    await ended(model)
    was_well = not model.has_failed

    loading.model.has_failed = True

    assert was_well
    assert model.has_failed


class Judging(FakeModel):
    """A fake that can be asked as well."""

    async def score(self, prompt, choices):
        return (0.75, 0.25)


async def test_a_question_waits_until_the_model_is_there():
    loading = Loading(Judging(["Here I am."]))
    model = StartingModel(loading, FAKE)
    model.begin()
    asked = asyncio.ensure_future(model.score(HELLO, ("Yes", "No")))
    loading.may_end.set()

    assert await asked == (0.75, 0.25)


async def test_a_model_that_cannot_judge_or_was_not_loaded_answers_no_question():
    for loading in (Loading(), Loading(fault=ModelError("gone"))):
        model = StartingModel(loading, FAKE)
        model.begin()
        loading.may_end.set()

        with pytest.raises(ModelError, match="could not be loaded"):
            await model.score(HELLO, ("Yes", "No"))
