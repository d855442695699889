"""How words are sealed: under a key of their own, which itself is kept only under the evidence key."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.keys import Keys
from storage.types import StorageError

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed words, their key under the evidence key, and the id of that."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes


def seal(keys: Keys, content: bytes, about: str) -> Sealed:
    """Seal words under a new key; they can be read only as being about the same row."""
    data_key = AESGCM.generate_key(256)
    return Sealed(
        key_id=keys.evidence_id,
        wrapped_key=_encrypt(keys.evidence[keys.evidence_id], data_key, about),
        sealed=_encrypt(data_key, content, about),
    )


def unseal(keys: Keys, kept: Sealed, about: str, what: str) -> bytes:
    """The words again; raises StorageError under other keys, or where they were altered."""
    key = keys.evidence.get(kept.key_id)
    if key is None:
        raise StorageError(
            f"The {what} {about} was sealed with the evidence key {kept.key_id}; "
            f"this store was opened with {', '.join(keys.evidence)}. "
            "Start Bezel with the key it was sealed with."
        )
    try:
        return _decrypt(_decrypt(key, kept.wrapped_key, about), kept.sealed, about)
    except InvalidTag:
        raise StorageError(f"The {what} {about} has been altered and cannot be read.") from None


def _encrypt(key: bytes, content: bytes, about: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def _decrypt(key: bytes, sealed: bytes, about: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
