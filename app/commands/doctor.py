"""`python app.py doctor`: what this machine can run, what each checkpoint needs, and what is missing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands import Invocation
from app.installation import Condition, conditions, tried
from app.judge_conditions import judge_conditions
from app.settings import Settings, SettingsError
from model.advice import Advice, Host, Load
from model.catalog import describe, place_of
from model.downloads import gib
from model.machine import Machine, this_machine
from model.presets import Wish
from model.survey import Survey, survey

CONTEXT = 8_192
"""Tokens of a conversation that the cache is reckoned for, unless --context says otherwise."""
SIGNS = {"good": ("ok", "green"), "note": ("note", "yellow"), "bad": ("mend", "red")}


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as one JSON object.")] = False,
    users: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Conversations at the same time. [BEZEL_MAX_TURNS]")
    ] = None,
    tokens: Annotated[
        int, typer.Option("--context", min=1, max=10_000_000, help="Tokens of each conversation.")
    ] = CONTEXT,
) -> None:
    """Look at this machine, this installation and each checkpoint; status 1 where what is set cannot work."""
    invocation: Invocation = context.obj
    try:
        settings = invocation.settings
    except SettingsError as error:
        found, looked_at = [Condition("settings", "bad", str(error))], None
    else:
        found = list(conditions(settings, invocation.open_store))
        looked_at = examine(settings, Load(users or settings.max_turns, tokens))
        found.append(model_condition(settings, looked_at))
        if settings.adapter is not None:
            found.append(adapter_condition(settings.adapter))
        found += judge_conditions(settings, looked_at)
    if as_json:
        print(json.dumps(as_object(found, looked_at), ensure_ascii=False, indent=1))
    else:
        show(Console(highlight=False, soft_wrap=False), found, looked_at)
    if any(condition.state == "bad" for condition in found):
        raise typer.Exit(1)


def examine(settings: Settings, load: Load) -> Survey:
    """Survey the catalogue with what the settings say of the chosen checkpoint."""
    host = Host(
        this_machine(),
        load,
        has_token=settings.hf_token is not None,
        wish=Wish(
            preset=settings.preset,
            precision=settings.precision,
            attention=settings.attention,
            compile=settings.compile,
            device=settings.device,
        ),
    )
    return survey(settings.model, host)


def model_condition(settings: Settings, looked_at: Survey) -> Condition:
    """Whether the chosen checkpoint can be loaded here; one that servers hold is theirs to look at."""
    chosen = looked_at.chosen
    if settings.server_url:
        return Condition("model", "note", f"answers come from {settings.server_url}, which was not asked.")
    if looked_at.problems:
        return Condition("model", "bad", " ".join(looked_at.problems))
    if chosen is None:
        return Condition(
            "model", "note", f"{settings.model} is not downloaded; nothing is known of its size."
        )
    notes = [*chosen.unchecked, *(f"{sign} is unverified." for sign in chosen.unverified)]
    if not chosen.fits:
        notes.append("That is more than is free now.")
    return Condition(
        "model", "note" if notes else "good", " ".join([_reckoning(chosen, looked_at), chosen.why, *notes])
    )


def adapter_condition(adapter: str) -> Condition:
    """Whether the chosen adapter says what it was trained for; one not downloaded yet says nothing."""

    def look() -> str:
        described = describe(adapter, is_hashed=False)
        if described.adapts is None and place_of(adapter) is not None:
            raise SettingsError(
                f"BEZEL_ADAPTER is {adapter!r}, which is a checkpoint; it must be an adapter."
            )
        return f"{adapter} was trained for {described.adapts or 'what it names once it is downloaded'}"

    return tried("adapter", look)


def as_object(found: Sequence[Condition], looked_at: Survey | None) -> dict[str, Any]:
    """Give everything that was found, for a program to read; sizes are in bytes."""
    answer: dict[str, Any] = {"installation": [asdict(condition) for condition in found]}
    if looked_at is None:
        return answer
    return answer | {
        "machine": asdict(looked_at.host.machine),
        "reckoned_for": asdict(looked_at.host.load),
        "chosen": None if looked_at.chosen is None else _row(looked_at.chosen),
        "suggested": _id(looked_at.suggested),
        "suggested_with_token": _id(looked_at.suggested_with_token),
        "checkpoints": [_row(advice) for advice in looked_at.all],
    }


def show(console: Console, found: Sequence[Condition], looked_at: Survey | None) -> None:
    """Print it for a person, in a table that fits 80 columns."""
    if looked_at is not None:
        _show_lines(console, "This machine", machine_lines(looked_at.host.machine))
    console.print(Text("This installation", style="bold"))
    table = Table.grid(padding=(0, 1, 0, 1))
    for condition in found:
        sign, colour = SIGNS[condition.state]
        table.add_row(Text(sign, style=colour), condition.name, Text(condition.said, overflow="fold"))
    console.print(table)
    if looked_at is not None:
        console.print()
        console.print(checkpoint_table(looked_at.all))
        _show_lines(console, "", list(legend(looked_at)))


def machine_lines(machine: Machine) -> list[str]:
    """What the machine has, a line each."""
    native = {True: "computes bfloat16 itself", False: "only imitates bfloat16", None: "bfloat16 unknown"}
    lines = [
        machine.system,
        f"{machine.cores} processor cores, {native[machine.has_bfloat16]}",
        f"{gib(machine.memory)} of memory, {gib(machine.free)} free",
    ]
    for gpu in machine.gpus:
        native_here = "with" if gpu.has_bfloat16 else "without"
        lines.append(f"{gpu.name}: {gib(gpu.memory)}, {gib(gpu.free)} free, {native_here} bfloat16")
    if machine.has_mps:
        lines.append("Apple's GPU, which shares the memory")
    elif not machine.gpus:
        lines.append("no GPU")
    packages = (f"{name} {found or 'not installed'}" for name, found in machine.packages.items())
    return [*lines, ", ".join(packages)]


def checkpoint_table(all: Sequence[Advice]) -> Table:
    """One row a checkpoint: what it is, how it would be read, what it needs, whether that is there."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("checkpoint", overflow="fold")
    table.add_column("kind")
    table.add_column("weights", justify="right")
    table.add_column("as")
    for heading in ("GiB", "chats"):
        table.add_column(heading, justify="right")
    table.add_column("fits")
    table.add_column("", overflow="fold")
    for advice in all:
        table.add_row(
            advice.checkpoint.id,
            advice.checkpoint.kind,
            _billions(advice.parameters),
            advice.precision,
            f"{advice.weights / 2**30:,.1f}",
            f"{advice.cache / 2**30:,.1f}",
            Text("yes", style="green") if advice.fits else Text("no", style="red"),
            ", ".join(_remarks(advice)),
        )
    return table


def legend(looked_at: Survey) -> Iterator[str]:
    """Sentences that the table needs to be understood, those alone that apply."""
    load, all = looked_at.host.load, looked_at.all
    yield (
        f"chats: memory of {load.users} conversations of {load.context:,} tokens (or all that it can read), "
        "kept whole in every layer, sliding ones too. fits: both and the engine's own work, in what is free."
    )
    if any(advice.missing and advice.checkpoint.is_gated for advice in all):
        yield (
            "token: accept the licence on the checkpoint's page, https://huggingface.co/ and its id, and set "
            "HF_TOKEN to a token of that account."
        )
    if any(advice.unchecked for advice in all):
        yield "licence?: whether the token's account has accepted it on the page was not checked offline."
    if any(advice.unverified for advice in all):
        signs = dict.fromkeys(sign for advice in all for sign in advice.unverified)
        yield f"unverified: nobody has run Bezel with {', '.join(signs)} yet."
    yield from _suggestions(looked_at)


def _suggestions(looked_at: Survey) -> Iterator[str]:
    now, later = looked_at.suggested, looked_at.suggested_with_token
    if now is None:
        yield "Nothing of the catalogue fits here."
        return
    why = " and is quick on a processor" if now.device == "cpu" else ""
    yield f"Suggested: {now.checkpoint.id}, the newest and largest that chats, fits, lacks nothing{why}."
    if later is not None and later != now:
        yield f"With a token and the licence accepted: {later.checkpoint.id}, {later.checkpoint.page}"


def _show_lines(console: Console, heading: str, lines: Sequence[str]) -> None:
    console.print(Text(heading, style="bold"))
    for line in lines:
        console.print(Text(f" {line}"))
    console.print()


def _reckoning(advice: Advice, looked_at: Survey) -> str:
    users = looked_at.host.load.users
    return (
        f"{advice.checkpoint.id} as {advice.precision} on {advice.device}: {gib(advice.weights)} of weights "
        f"and {gib(advice.cache)} for {users} conversations of {advice.context:,} tokens, "
        f"with {gib(advice.free)} free."
    )


def _remarks(advice: Advice) -> Iterator[str]:
    if advice.checkpoint.is_demo:
        yield "bundled"
    elif advice.is_downloaded:
        yield "here"
    if advice.missing:
        yield "token" if advice.checkpoint.is_gated else "package"
    if advice.unchecked:
        yield "licence?"
    if advice.unverified:
        yield "unverified"


def _billions(parameters: int) -> str:
    return f"{parameters / 1e9:.1f} B" if parameters >= 1e8 else f"{parameters / 1e6:.0f} M"


def _id(advice: Advice | None) -> str | None:
    return None if advice is None else advice.checkpoint.id


def _row(advice: Advice) -> dict[str, Any]:
    row = asdict(advice)
    return row | {"needed": advice.needed, "fits": advice.fits}
