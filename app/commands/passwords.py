"""How the command line asks for a password: typed twice without echo, or read from standard input."""

import sys
from typing import Annotated

import typer

from app.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storage.types import StorageError

FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, not from a prompt.")
]


def typed_password(from_input: bool) -> str:
    """The password. Raises StorageError where its length is wrong."""
    if from_input:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not SHORTEST_PASSWORD <= len(typed) <= LONGEST_PASSWORD:
        raise StorageError(
            f"The password is {len(typed)} characters long; it must have {SHORTEST_PASSWORD} at least"
            f" and {LONGEST_PASSWORD:,} at most."
        )
    return str(typed)
