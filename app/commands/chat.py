"""`python app.py chat`: the same guarded turn in a terminal, streaming."""

import asyncio
import sys
from contextlib import aclosing
from typing import Annotated

import typer

from app.build import limits, parts
from app.pages.transcript import Transcript, language_of, taken_out
from app.parts import Parts
from app.settings import Settings
from app.steps import Step
from app.turn import TurnRefused, Turns
from app.wording.redactions import redacted_prompt

OWNER = "terminal"


def chat(
    context: typer.Context,
    once: Annotated[str | None, typer.Option(help="Answer this one prompt, then end.")] = None,
) -> None:
    """Chat in the terminal: the prompt is judged, the reply is judged, what is flagged goes to the queue."""
    settings: Settings = context.obj.settings
    with parts(settings) as joined:
        turns = Turns(joined.model, joined.guard, joined.store, limits(settings, None))
        ended_well = asyncio.run(converse(joined, turns, once))
    if not ended_well:
        raise typer.Exit(1)


async def converse(joined: Parts, turns: Turns, once: str | None) -> bool:
    """Answer one prompt, or prompts until the input ends; False where the one prompt was not answered."""
    if once is not None:
        return (await answer(joined, turns, None, once))[1]
    print(f"{joined.model.checkpoint.title}. An empty line or Ctrl-D ends the chat.", file=sys.stderr)
    conversation_id: str | None = None
    while True:
        print("> ", end="", file=sys.stderr, flush=True)
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line.strip():
            return True
        conversation_id, _ = await answer(joined, turns, conversation_id, line)


async def answer(
    joined: Parts, turns: Turns, conversation_id: str | None, text: str
) -> tuple[str | None, bool]:
    """Print one reply as it passes; returns the conversation's id and whether there was a reply."""
    shown = ""
    last: Step | None = None
    try:
        async with aclosing(turns.send(OWNER, conversation_id, text)) as steps:
            async for last in steps:
                if last.text.startswith(shown):
                    print(last.text[len(shown) :], end="", flush=True)
                    shown = last.text
    except TurnRefused as refused:
        print(f"{refused}", file=sys.stderr)
        return conversation_id, False
    print(flush=True)
    if last is None:
        return conversation_id, False
    if kinds := taken_out(last.prompt):
        print(redacted_prompt(language_of(last.prompt), kinds), file=sys.stderr)
    stored = last.reply or last.prompt
    is_complete = stored.role == "assistant" and stored.state == "complete"
    if not is_complete:
        lines = Transcript(joined.guard, joined.crisis).lines((stored,))
        print(lines[-1].text, file=sys.stderr)
    return stored.conversation_id, is_complete
