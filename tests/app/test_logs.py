"""Log lines: their shape, and that an error's own words stay out."""

import json
import logging
import sys

import gradio.queueing
import pytest

from app.logs import Line, quiet_the_server, where

MARK = "a-word-of-somebodys"


def record(message, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("bezel.turn", logging.WARNING, "x.py", 1, message, args, info)


@pytest.fixture
def raised():
    try:
        raise ValueError(MARK)
    except ValueError as error:
        return error


def test_a_line_of_text_says_when_how_grave_and_who():
    line = Line("text").format(record("reply %s\nfailed", "0123"))

    assert line.endswith("WARNING bezel.turn reply 0123 failed")
    assert "\n" not in line


def test_a_line_of_json_has_the_same_fields():
    fields = json.loads(Line("json").format(record("reply %s", "0123")))

    assert fields.keys() == {"at", "level", "logger", "said"}
    assert (fields["level"], fields["said"]) == ("WARNING", "reply 0123")


@pytest.mark.parametrize("shape", ["text", "json"])
def test_of_an_exception_only_its_type_and_place_are_written(shape, raised):
    line = Line(shape).format(record("it broke:", error=raised))

    assert "ValueError at" in line and __name__ in line
    assert MARK not in line


def test_the_place_of_an_error_is_lines_of_code_only(raised):
    assert where(raised).startswith(f"{__name__}:")
    assert where(None) == ""


def test_gradio_and_uvicorn_say_it_the_same_way(caplog, capsys, raised):
    quiet_the_server()

    try:
        raise raised
    except ValueError:
        gradio.queueing.traceback.print_exc()
    logging.getLogger("uvicorn.error").warning("from the server")

    assert "ValueError at" in caplog.text and "from the server" in caplog.text
    assert MARK not in caplog.text + "".join(capsys.readouterr())
    assert sys.exc_info()[0] is None
