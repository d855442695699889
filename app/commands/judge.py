"""`python app.py judge`: JSON lines in, verdicts out, in the same order; a bad line does not end the run."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Annotated, Any, get_args

import typer

from app.judges import needs_served, opened_guard
from app.models import load_model
from app.settings import read_settings
from safety.guard import Guard
from safety.types import Side, Text, Verdict

SIDES = get_args(Side)


def judge(
    side: Annotated[Side, typer.Option(help="Which side a line is from where it does not say.")] = "prompt",
) -> None:
    """Judge JSON lines from standard input: `id`, `text`, optional `prompt`, `lang`, `side`."""
    settings = read_settings()
    bad = 0
    with ExitStack() as opened:
        served = opened.enter_context(closing(load_model(settings))) if needs_served(settings) else None
        guard = opened.enter_context(opened_guard(settings, served))
        for answer in judged(guard, sys.stdin.buffer, side):
            bad += "error" in answer
            print(json.dumps(answer, ensure_ascii=True), flush=True)
    if bad:
        raise typer.Exit(1)


def judged(guard: Guard, lines: Iterable[bytes], side: Side) -> Iterator[dict[str, Any]]:
    """Yield an answer for each line that is not blank: a verdict, or an error with the line's number."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            asked = read_line(line, side)
        except ValueError as error:
            yield {"line": number, "error": str(error)}
            continue
        yield answer_of(asked[0], guard.judge_now(asked[1]))


def read_line(line: bytes, side: Side) -> tuple[Any, Text]:
    """The id and the text of one input line. Raises ValueError saying what is wrong with it."""
    try:
        asked = json.loads(line)
    except ValueError as error:  # bytes that are no UTF-8 end here as well
        raise ValueError(f"This line is not JSON: {error}.") from None
    if not isinstance(asked, dict):
        raise ValueError("This line is not a JSON object; it needs `id` and `text`.")
    if not isinstance(asked.get("text"), str):
        raise ValueError("`text` is missing or not a string.")
    for name in ("prompt", "lang"):
        if not isinstance(asked.get(name), str | None):
            raise ValueError(f"`{name}` is {asked[name]!r}; it must be a string.")
    chosen = asked.get("side") or side
    if chosen not in SIDES:
        raise ValueError(f"`side` is {chosen!r}; it must be one of {', '.join(SIDES)}.")
    return asked.get("id"), Text(asked["text"], chosen, prompt=asked.get("prompt"), lang=asked.get("lang"))


def answer_of(key: Any, verdict: Verdict) -> dict[str, Any]:
    """The output line of one verdict."""
    said = verdict.as_dict()
    kept = ("action", "score", "categories", "findings", "checks", "ms")
    return {"id": key, **{name: said[name] for name in kept}}
