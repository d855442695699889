"""`python app.py audit …`: verify the audit log, and accept what a restored backup did to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from app.commands.store import opened_store
from storage.anchor import Anchor
from storage.audit import Verification

audit = typer.Typer(no_args_is_help=True, help="Verify the audit log.")


@audit.command()
def verify(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """Follow the audit log from the first event to the last; status 1 where it does not hold."""
    with opened_store(context) as store:
        found = store.audit.verify()
    if as_json:
        print(json.dumps(as_object(found), ensure_ascii=False, indent=1))
    else:
        print("\n".join(sentences(found)))
    if not found.is_sound:
        raise typer.Exit(1)


@audit.command()
def accept(context: typer.Context) -> None:
    """After a backup was restored on purpose: let the anchor follow the log again, and note that."""
    with opened_store(context) as store:
        made_anew = store.audit.accept_anchors()
    if made_anew:
        print("The anchor follows the log again; the log says what the anchor knew before.")
    else:
        print("The anchor agrees with the log; nothing was changed.")


def sentences(found: Verification) -> Iterator[str]:
    """What was found, for a person."""
    if found.first_broken is None:
        yield f"All {found.events:,} events of the audit log hold, from the first to the last."
    else:
        yield (
            f"The audit log is broken at event {found.first_broken:,}: it was changed or made by somebody "
            f"else, or what stood there was taken away. The {found.events:,} events before it hold."
        )
    for anchor in found.anchors:
        yield Judged(anchor, found.events).sentence
    for seq in found.made_anew:
        yield f"Event {seq:,} says that the anchor was made anew: what was cut off before it does not show."


@dataclass(frozen=True, slots=True)
class Judged:
    """An anchor beside a log of so many events."""

    anchor: Anchor
    events: int

    @property
    def sentence(self) -> str:
        """What it says of the log, and what a host can do."""
        path, head = self.anchor.path, self.anchor.head
        if head is None:
            return self._without_head
        on_purpose = "If you restored a backup on purpose, run: python app.py audit accept"
        if self.anchor.problem == "ahead":
            return (
                f"{path} knows event {head.seq:,} of {head.at:%Y-%m-%d %H:%M} UTC, which the log does not "
                f"have: its end was cut off, or an older backup was restored. {on_purpose}"
            )
        if self.anchor.problem == "another":
            return (
                f"{path} knows another event {head.seq:,} than the log: the log was written anew, "
                f"or went on from an older backup. {on_purpose}"
            )
        lag = (
            f"{self.events - head.seq:,} events after it are newer" if head.seq < self.events else "the last"
        )
        return f"{path} agrees at event {head.seq:,} ({lag})."

    @property
    def _without_head(self) -> str:
        if self.anchor.problem is None:
            return f"{self.anchor.path} will be made with the first event."
        if self.anchor.problem == "missing":
            return f"There is no {self.anchor.path}: a cut end of the log would not show."
        return (
            f"{self.anchor.path} was altered, or made with a key that this installation does not have. "
            "Once you know why, run: python app.py audit accept"
        )


def as_object(found: Verification) -> dict[str, Any]:
    """What was found, for a program."""
    return {
        "is_sound": found.is_sound,
        "events": found.events,
        "first_broken": found.first_broken,
        "anchors": [
            {
                "path": str(anchor.path),
                "event": anchor.head and anchor.head.seq,
                "at": anchor.head and anchor.head.at.isoformat(),
                "problem": anchor.problem,
            }
            for anchor in found.anchors
        ],
        "anchors_made_anew_at": list(found.made_anew),
    }
