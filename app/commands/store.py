"""What commands share: this installation's store, open for one command, and errors in one sentence."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import typer

from app.commands.passwords import typed_password
from app.settings import Settings
from storage.store import Store
from storage.types import StorageError


class HasStore(Protocol):
    """What these commands need of `context.obj`: this installation's store, and how passwords are hashed."""

    def open_store(self) -> Store: ...

    @property
    def hash_password(self) -> Callable[[str], str]: ...


class HasSettings(Protocol):
    """What commands need of `context.obj` that work on the files of this installation."""

    @property
    def settings(self) -> Settings: ...


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """What a person can mend ends the command with one sentence and status 1."""
    try:
        yield
    except StorageError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


@contextmanager
def opened_store(context: typer.Context) -> Iterator[Store]:
    """The store for one command; what a person can mend ends the command with one sentence and status 1."""
    invocation: HasStore = context.obj
    with in_one_sentence():
        store = invocation.open_store()
        try:
            yield store
        finally:
            store.close()


def typed_secret(context: typer.Context, from_input: bool) -> str:
    """What is stored of a password that is asked for now."""
    invocation: HasStore = context.obj
    return invocation.hash_password(typed_password(from_input))
