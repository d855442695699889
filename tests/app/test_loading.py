from threading import Event

import pytest

from app.pages.loading import LoadingNotice, how_far
from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import StartingModel
from model.types import ModelError

ON = LoadingNotice("notice", "timer")


@pytest.fixture
def model_at():
    """A StartingModel that is as far as this progress or, without one, has ended, with this fault or well."""
    may_end = Event()

    def made(progress=None, ends_with=None):
        def load(report):
            report(progress or Progress("reading"))
            may_end.wait(20)
            if ends_with is not None:
                raise ends_with
            return FakeModel(["Hello."])

        model = StartingModel(load, FAKE)
        model.begin()
        if progress is None:
            may_end.set()
            model._thread.join(20)
        return model

    yield made
    may_end.set()


def told(updates):
    return {
        name: (updates["notice"].visible, updates["notice"].value, updates["timer"].active)[at]
        for at, name in enumerate(("visible", "said", "asks_again"))
    }


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("downloading", 0.25, "1.3 of 5.2 GB"), "is being downloaded: 25% (1.3 of 5.2 GB)"),
        (Progress("reading", 0.9), "is being loaded: 90%"),
        (Progress("warming"), "is warming up."),
    ],
)
def test_a_model_on_its_way_is_shown_with_how_far_it_is(model_at, progress, words):
    shown = told(how_far(ON, model_at(progress)))

    assert shown["visible"] and shown["asks_again"]
    assert words in shown["said"]
    assert "<progress" in shown["said"]


def test_what_a_loader_says_cannot_bring_markup_into_the_page(model_at):
    shown = told(how_far(ON, model_at(Progress("reading", 0.5, "<img src=x onerror=alert(1)>"))))

    assert "<img" not in shown["said"]


def test_the_notice_goes_and_nothing_asks_again_once_the_model_is_ready(model_at):
    shown = told(how_far(ON, model_at()))

    assert (shown["visible"], shown["asks_again"]) == (False, False)


def test_a_model_that_was_there_from_the_start_shows_no_notice():
    shown = told(how_far(ON, None))

    assert (shown["visible"], shown["asks_again"]) == (False, False)


def test_a_model_that_could_not_be_loaded_is_said_without_its_reason(model_at):
    shown = told(how_far(ON, model_at(ends_with=ModelError("/srv/weights/x is damaged"))))

    assert shown["visible"] and not shown["asks_again"]
    assert "could not be loaded" in shown["said"]
    assert "/srv" not in shown["said"]
