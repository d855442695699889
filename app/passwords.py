"""Passwords: hashed with argon2id, and compared in the same time whether or not there is an account."""

import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000


class Passwords:
    """Makes and checks hashes; tests hand in a cheaper hasher."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """An argon2id hash of a password."""
        return self._hasher.hash(password)

    def are_right(self, password_hash: str | None, password: str) -> bool:
        """Whether this is the password; None, for no account, takes as long and is never right."""
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
