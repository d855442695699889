"""The command line: `python app.py` serves; the other commands are one file a group."""

import sys
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from argon2 import PasswordHasher
from typer.core import TyperGroup

from app.settings import Settings, SettingsError, prepare_environment, read_settings
from model.types import ModelError
from safety.types import SafetyError
from storage.types import StorageError

if TYPE_CHECKING:
    from storage.store import Store

COMMANDS = {
    "accounts": "accounts",
    "audit": "audit",
    "backup": "backup",
    "chat": "chat",
    "demo-data": "demo_data",
    "doctor": "doctor",
    "judge": "judge",
    "keys": "keys",
    "model": "models",
    "moderators": "moderators",
    "person": "person",
    "policy": "policy",
    "regressions": "regressions",
    "restore": "restore",
}
"""Each command and the file it is in, which holds a function or a Typer (with `help=`) of that same name."""


class LateCommands(TyperGroup):
    """Reads a command's file only when it is called: to judge a text needs neither Gradio nor torch."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Give the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Read one command, or give None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name]
        found = getattr(import_module(f"app.commands.{name}"), name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = cmd_name
            return group
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(found)
        return typer.main.get_command(single)


cli = typer.Typer(
    cls=LateCommands,
    help="Bezel: a chat that holds a Gemma model safely. Without a command, it serves.",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)


class Invocation:
    """What the commands share: the settings and the store, each read only by those who need it."""

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises SettingsError for those that cannot be used."""
        return read_settings()

    def open_store(self) -> "Store":
        """Open the database of this installation."""
        # Late, here and below: Gradio and torch take seconds that most commands need not wait for.
        from app.build import open_store  # noqa: PLC0415

        return open_store(self.settings)[0]

    def hash_password(self, password: str) -> str:
        """Hash a password for the database."""
        return PasswordHasher().hash(password)


@cli.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Serve the chat, unless another command is named."""
    context.obj = Invocation()
    if context.invoked_subcommand is None:
        from app.commands.serve import serve_until_stopped  # noqa: PLC0415

        serve_until_stopped(context.obj.settings)


def main() -> None:
    """Run one command; what a person can mend ends with one sentence and status 1."""
    prepare_environment()
    try:
        cli()
    except (SettingsError, StorageError, SafetyError, ModelError) as error:
        print(f"Bezel cannot go on: {error}", file=sys.stderr)
        sys.exit(1)
