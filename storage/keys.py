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
    people: Mapping[str, bytes] = field(repr=False)
    """By the ids of the audit keys that they come from."""

    @property
    def evidence_id(self) -> str:
        """The id of the key that seals new evidence."""
        return next(iter(self.evidence))

    @property
    def audit_id(self) -> str:
        """The id of the key that chains new events."""
        return next(iter(self.audit))

    def pseudonym(self, owner: str, audit_id: str | None = None) -> str:
        """The name of a person in the audit log: of no meaning without the audit key, new with a new one."""
        key = self.people[audit_id or self.audit_id]
        digest = hmac.digest(key, owner.encode("utf-8", "surrogatepass"), "sha256")
        return f"person:{digest.hex()[:32]}"

    def pseudonyms(self, owner: str) -> tuple[str, ...]:
        """Every name that this person has or had, by all the keys that are known."""
        return tuple(self.pseudonym(owner, audit_id) for audit_id in self.people)

    def digest(self, use: str, value: str) -> str:
        """What stands for a text or an address: equal where they are, of no meaning without the key."""
        content = f"{use}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.people[self.audit_id], content, "sha256").hex()[:32]


def keys_from(evidence: Secrets, audit: Secrets) -> Keys:
    """Derive the keys from the host's secrets; raises StorageError where one is missing or too short."""
    audit_secrets = _several("audit", audit)
    audit_keys = _by_id(audit_secrets, "audit")
    people = (_derive(secret, "people") for secret in audit_secrets)
    return Keys(
        evidence=_by_id(_several("evidence", evidence), "evidence"),
        audit=audit_keys,
        people=dict(zip(audit_keys, people, strict=True)),
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
