"""Whether this installation can run as it is set: its folder, database, checks, texts and port."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.crisis import crisis_lines
from app.folder import DATABASE, data_folder
from app.port import require_free_port
from app.settings import Settings, SettingsError
from app.terms import terms
from model.types import ModelError
from safety.guard import default_guard
from safety.types import SafetyError
from storage.store import Store
from storage.types import StorageError

State = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at: good, worth a note, or bad, where Bezel will not start with it."""

    name: str
    state: State
    said: str


def conditions(settings: Settings, open_store: Callable[[], Store]) -> Iterator[Condition]:
    """Look at each part in the order of the start; a fresh installation is left without a database."""
    yield tried("settings", lambda: "can be used")
    yield tried("data folder", lambda: f"{data_folder(settings.data_folder)} can be written to")
    yield _database(settings, open_store)
    yield tried("checks", lambda: _checks(settings))
    yield tried("terms", lambda: f"version {terms(settings).version}")
    yield tried(
        "crisis lines",
        lambda: f"{len(crisis_lines(settings.crisis_file, settings.country).lines)} can be read",
    )
    yield _port(settings)


def tried(name: str, look: Callable[[], str]) -> Condition:
    """Look at one part; what a person can mend makes it a bad one, with the sentence that says how."""
    try:
        return Condition(name, "good", look())
    except (SettingsError, StorageError, SafetyError, ModelError) as error:
        return Condition(name, "bad", str(error))


def _database(settings: Settings, open_store: Callable[[], Store]) -> Condition:
    def look() -> str:
        open_store().close()
        return "opens"

    try:
        is_fresh = not settings.database_url and not (data_folder(settings.data_folder) / DATABASE).exists()
    except SettingsError:
        return Condition("database", "bad", "it has no folder to be in")
    if is_fresh:
        return Condition("database", "note", "there is none yet; the first start makes it")
    return tried("database", look)


def _checks(settings: Settings) -> str:
    guard = default_guard(settings.profile, settings.policy_file)
    try:
        return f"{', '.join(guard.live_checks)} (policy {guard.policy.version}, {guard.policy.profile})"
    finally:
        guard.close()


def _port(settings: Settings) -> Condition:
    try:
        require_free_port(settings)
    except SettingsError as error:
        return Condition("port", "note", f"{error} Where Bezel itself runs there, all is well.")
    return Condition("port", "good", f"{settings.port} on {settings.address} is free")
