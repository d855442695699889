"""`python app.py demo-data`: a few weeks of invented activity, so that a new host sees the desk working."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.commands import Invocation
from app.commands.store import in_one_sentence
from app.demo.telling import MODERATORS, OWNER, StoryClock, Telling
from app.folder import data_folder, database_url, second_folder
from app.keys import keys
from safety.policy import load_policy
from storage.store import Store
from storage.types import DeskRules, StorageError


def demo_data(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Also where people have used this database.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove what was invented.")] = False,
    days: Annotated[int, typer.Option(min=3, max=90, help="How many days up to now it is about.")] = 21,
    seed: Annotated[int, typer.Option(help="Another number tells another story.")] = 1,
) -> None:
    """Fill the database with weeks of invented people, conversations, cases and decisions."""
    invocation: Invocation = context.obj
    now = datetime.now(UTC)
    clock = StoryClock(now if remove else now - timedelta(days=days))
    with in_one_sentence():
        store = _opened(invocation, clock)
        try:
            if remove:
                _remove(store)
            else:
                _refuse_a_store_in_use(store, also_used=yes)
                severities = {key: clause.severity for key, clause in load_policy().clauses.items()}
                _fill(store, Telling(store, clock, severities.__getitem__, seed), now, invocation)
        finally:
            store.close()


def _opened(invocation: Invocation, clock: StoryClock) -> Store:
    settings = invocation.settings
    folder = data_folder(settings.data_folder)
    secret = keys(folder, settings.secret, settings.old_secrets)
    return Store.open(
        database_url(settings, folder),
        evidence_key=secret.evidence,
        audit_key=secret.audit,
        clock=clock,
        outside=(folder, *second_folder(settings.audit_anchor)),
        rules=DeskRules(undo=timedelta(0), blind_share=settings.blind_share),
    )


def _refuse_a_store_in_use(store: Store, *, also_used: bool) -> None:
    if any(store.moderators.by_name(name) for name in MODERATORS):
        raise StorageError("The invented people are there already; `demo-data --remove` takes them out.")
    if store.invented.has_others(OWNER) and not also_used:
        raise StorageError(
            "People have used this database already, and invented cases would stand among theirs. "
            "Name an empty folder with BEZEL_DATA_FOLDER, or say --yes."
        )


def _fill(store: Store, telling: Telling, now: datetime, invocation: Invocation) -> None:
    passwords = {name: secrets.token_urlsafe(12) for name in MODERATORS}
    hashes = {name: invocation.hash_password(password) for name, password in passwords.items()}
    told = telling.tell(hashes, now)
    print(
        f"Invented {told.turns} turns, {told.reports} reports, {told.decisions} decisions and "
        f"{told.appeals} appeals; {store.desk.waiting()} cases wait.\n"
        "Sign in at /moderation as one of these; their passwords are shown only now:"
    )
    for name, password in passwords.items():
        print(f"  {name:<14}{MODERATORS[name]:<12}{password}")


def _remove(store: Store) -> None:
    people = store.invented.remove(OWNER)
    ended = [name for name in MODERATORS if store.moderators.by_name(name) is not None]
    for name in ended:
        store.moderators.end(name)
    print(
        f"Removed {people} invented people with everything of theirs, and ended {len(ended)} moderators. "
        "Their decisions stay without content, as the audit log does: both can only be added to."
    )
