"""`python app.py regressions FILE`: what the gate or the model got wrong, as a labelled set."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from app.commands.store import opened_store
from safety.anonymise import anonymised
from safety.policy import CATEGORIES, Policy, load_policy
from storage.audit import HOST
from storage.types import RegressionPrompt, StorageError


def regressions(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write, which only you can read.")],
) -> None:
    """Write redacted texts of decided cases, from people who allow it, for `python -m safety.measure`."""
    with opened_store(context) as store:
        new = store.regressions.collect(anonymised)
        kept = store.regressions.prompts()
        policy = load_policy()
        _write(file, "".join(f"{json.dumps(row_of(one, policy), ensure_ascii=False)}\n" for one in kept))
        store.audit.record(HOST, "regression prompts exported", f"{len(kept)} texts")
    print(f"{len(kept)} texts, {new} of them new, are in {file}.")
    if kept:
        print(f"Try the gate on them with `python -m safety.measure --sets {file}`.")


def row_of(one: RegressionPrompt, policy: Policy) -> dict[str, Any]:
    """A line of a labelled set; a harmless text has no category, of a harmful one no other is known."""
    clause = policy.clauses.get(one.clause or "")
    own = clause.categories if clause else ()
    category = one.category or (own[0] if len(own) == 1 else None)
    harms = [category] if one.is_harmful and category else []
    return {
        "id": one.id,
        "text": one.text,
        "side": one.side,
        "lang": one.language or "und",
        "unsafe": one.is_harmful,
        "categories": harms,
        "labels_known": harms if one.is_harmful else list(CATEGORIES),
        "clause": one.clause,
    }


def _write(file: Path, text: str) -> None:
    """Put a whole file in the place of an earlier one, readable for its owner alone."""
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        beside.replace(file)
    except OSError as error:
        raise StorageError(f"{file} cannot be written ({error.strerror}); name another file.") from None
