"""The keys that live outside the database: one seals evidence, one chains the audit log and names people."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.types import StorageError

SHORTEST = 16
"""Bytes; a shorter secret can be guessed."""

Secrets = bytes | Sequence[bytes]
"""The secret in use, or several: that one first, then the older ones, which still read what they wrote."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of 32 bytes by the ids that rows name them by, newest first; none gives another away."""

    evidence: Mapping[str, bytes] = field(repr=False)
    audit: Mapping[str, bytes] = field(repr=False)
    people: bytes = field(repr=False)

    @property
    def evidence_id(self) -> str:
        """The id of the key that seals new evidence."""
        return next(iter(self.evidence))

    @property
    def audit_id(self) -> str:
        """The id of the key that chains new events."""
        return next(iter(self.audit))

    def pseudonym(self, owner: str) -> str:
        """The name of a person in the audit log: of no meaning without the audit key, new with a new one."""
        digest = hmac.digest(self.people, owner.encode("utf-8", "surrogatepass"), "sha256")
        return f"person:{digest.hex()[:32]}"


def keys_from(evidence: Secrets, audit: Secrets) -> Keys:
    """Derive the keys from the host's secrets; raises StorageError where one is missing or too short."""
    audit_secrets = _several("audit", audit)
    return Keys(
        evidence=_by_id(_several("evidence", evidence), "evidence"),
        audit=_by_id(audit_secrets, "audit"),
        people=_derive(audit_secrets[0], "people"),
    )


def _several(name: str, secrets: Secrets) -> tuple[bytes, ...]:
    several = (secrets,) if isinstance(secrets, bytes) else tuple(secrets)
    if not several:
        raise StorageError(f"There is no {name} key; it must be at least {SHORTEST} random bytes.")
    for secret in several:
        if len(secret) < SHORTEST:
            raise StorageError(
                f"The {name} key is {len(secret)} bytes long; it must be at least {SHORTEST} random bytes."
            )
    return several


def _by_id(secrets: Sequence[bytes], use: str) -> dict[str, bytes]:
    return {_derive(secret, f"{use} id").hex()[:16]: _derive(secret, use) for secret in secrets}


def _derive(secret: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"bezel {use}".encode()).derive(secret)
