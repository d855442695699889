"""The keys that live outside the database: one seals evidence, one chains the audit log and names people."""

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.types import StorageError

SHORTEST = 16
"""Bytes; a shorter secret can be guessed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A key of 32 bytes for each use, none giving another away, and the ids that rows name them by."""

    evidence: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    people: bytes = field(repr=False)
    evidence_id: str
    audit_id: str

    def pseudonym(self, owner: str) -> str:
        """The name of a person in the audit log: the same each time, of no meaning without the audit key."""
        digest = hmac.digest(self.people, owner.encode("utf-8", "surrogatepass"), "sha256")
        return f"person:{digest.hex()[:32]}"


def keys_from(evidence_key: bytes, audit_key: bytes) -> Keys:
    """Derive the keys in use from the two secrets of the host; raises StorageError where one is too short."""
    for name, secret in (("evidence", evidence_key), ("audit", audit_key)):
        if len(secret) < SHORTEST:
            raise StorageError(
                f"The {name} key is {len(secret)} bytes long; it must be at least {SHORTEST} random bytes."
            )
    return Keys(
        evidence=_derive(evidence_key, "evidence"),
        audit=_derive(audit_key, "audit"),
        people=_derive(audit_key, "people"),
        evidence_id=_derive(evidence_key, "evidence id").hex()[:16],
        audit_id=_derive(audit_key, "audit id").hex()[:16],
    )


def _derive(secret: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"bezel {use}".encode()).derive(secret)
