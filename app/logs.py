"""The log: one line an event, as text or JSON, with ids and names of errors; never what a person wrote."""

import json
import logging
import sys
import types
from datetime import UTC, datetime
from typing import Literal

import gradio.queueing
import gradio.route_utils
import gradio.routes
import gradio.utils

LogFormat = Literal["text", "json"]

# Libraries that name every request or migration.
CHATTY = ("httpx", "httpcore", "alembic", "huggingface_hub", "urllib3", "asyncio")
OF_THE_SERVER = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
PRINTS_ERRORS = (gradio.queueing, gradio.route_utils, gradio.routes, gradio.utils)
INNERMOST = 6
log = logging.getLogger("bezel.gradio")


def where(error: BaseException | None) -> str:
    """The innermost places in the code that this error passed; not its words, which may quote a person."""
    names = []
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        names.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(names[-INNERMOST:]))


class Line(logging.Formatter):
    """A record as one line; of an exception only its type and where it was raised."""

    def __init__(self, shape: LogFormat) -> None:
        super().__init__()
        self._shape = shape

    def format(self, record: logging.LogRecord) -> str:
        """The line for one record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            said = f"{said} {type(error).__name__} at {where(error)}"
        said = " ".join(said.split())
        if self._shape == "json":
            fields = {"at": at, "level": record.levelname, "logger": record.name, "said": said}
            return json.dumps(fields, ensure_ascii=False)
        return f"{at} {record.levelname} {record.name} {said}"


def set_up(shape: LogFormat) -> None:
    """Send every log to standard error in this shape."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line(shape))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def quiet_the_server() -> None:
    """Send what uvicorn and Gradio say the same way; call it once they have started.

    uvicorn has handlers of its own, and Gradio prints whole tracebacks; both may quote what a person sent.
    """
    for name in OF_THE_SERVER:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    stand_in = types.SimpleNamespace(print_exc=_name_error)
    for module in PRINTS_ERRORS:
        vars(module)["traceback"] = stand_in


def _name_error(*_args: object, **_options: object) -> None:
    """What Gradio calls in an `except`, in place of `traceback.print_exc`."""
    error = sys.exc_info()[1]
    log.warning("%s at %s", type(error).__name__, where(error))
