"""The command line: `python app.py` serves; the other commands are one file a group."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import typer
from argon2 import PasswordHasher

from app.build import open_store
from app.commands.chat import chat
from app.commands.judge import judge
from app.commands.moderators import moderators
from app.commands.serve import serve_until_stopped
from app.settings import Settings, SettingsError, prepare_environment, read_settings
from model.types import ModelError
from safety.types import SafetyError
from storage.store import Store
from storage.types import StorageError

cli = typer.Typer(
    help="Bezel: a chat that holds a Gemma model safely. Without a command, it serves.",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the commands share: the settings, and the store opened only by those who need it."""

    settings: Settings
    hash_password: Callable[[str], str]

    def open_store(self) -> Store:
        """Open the database of this installation."""
        return open_store(self.settings)[0]


@cli.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Serve the chat, unless another command is named."""
    settings = read_settings()
    context.obj = Invocation(settings, _hash_password)
    if context.invoked_subcommand is None:
        serve_until_stopped(settings)


cli.command("judge")(judge)
cli.command("chat")(chat)
cli.add_typer(moderators, name="moderators", help="Make, list and end the accounts of the desk.")


def main() -> None:
    """Run one command; what a person can mend ends with one sentence and status 1."""
    prepare_environment()
    try:
        cli()
    except (SettingsError, StorageError, SafetyError, ModelError) as error:
        print(f"Bezel cannot go on: {error}", file=sys.stderr)
        sys.exit(1)


def _hash_password(password: str) -> str:
    return PasswordHasher().hash(password)
