import gradio as gr
import pytest

from app.edge import answering, streaming
from app.identity import NotSignedIn
from app.turn import TurnRefused
from storage.types import NotFound

SECRET = "what a person wrote"


@answering
async def fails(error):
    raise error


@streaming
async def fails_after_one(error):
    yield 1
    raise error


@pytest.mark.parametrize("error", [TurnRefused("Too long."), NotSignedIn("Too long.")])
async def test_what_a_person_can_mend_is_said_as_it_is(error):
    with pytest.raises(gr.Error, match="Too long"):
        await fails(error)


async def test_another_persons_row_is_said_as_none():
    with pytest.raises(gr.Error, match="does not exist"):
        await fails(NotFound("row 7"))


async def test_an_unexpected_error_shows_a_number_that_the_log_has_too(caplog):
    with pytest.raises(gr.Error) as shown:
        await fails(ValueError(SECRET))

    number = shown.value.message.rstrip(".").rsplit(" ", 1)[1]
    assert number in caplog.text
    assert "test_edge" in caplog.text
    assert SECRET not in caplog.text + shown.value.message


async def test_a_stream_that_fails_has_shown_what_came_before():
    shown = []

    with pytest.raises(gr.Error, match="our side"):
        async for step in fails_after_one(ValueError(SECRET)):
            shown.append(step)

    assert shown == [1]
