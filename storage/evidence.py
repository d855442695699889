"""The evidence of a case: an encrypted snapshot, never changed, and erased by destroying its own key."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select

from storage import tables
from storage.types import EvidenceLine, StorageError
from storage.work import Work

TURNS_BEFORE = 3
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a moderator is to see: the lines up to the message, what was shown of it, which model said it."""

    lines: tuple[EvidenceLine, ...]
    shown: str
    checkpoint: str | None
    settings: Mapping[str, Any] | None

    @property
    def subject(self) -> str:
        """The exact text of the message that the case is about, as it was written or generated."""
        return next(line.text for line in self.lines if line.is_subject)


def snapshot(lineage: Sequence[tables.Message], *, text: str, shown: str) -> Snapshot:
    """A snapshot of the last message of a lineage, its exact `text`, its turn, and three turns before."""
    subject = lineage[-1]
    prompts, first = 0, len(lineage) - 1
    wanted = TURNS_BEFORE + (subject.role == "assistant")
    while first > 0 and prompts < wanted:
        first -= 1
        prompts += lineage[first].role == "user"
    lines = [_line(row, row.text, is_subject=False) for row in lineage[first:-1]]
    return Snapshot(
        lines=(*lines, _line(subject, text, is_subject=True)),
        shown=shown,
        checkpoint=subject.checkpoint,
        settings=subject.settings,
    )


def _line(row: tables.Message, text: str, *, is_subject: bool) -> EvidenceLine:
    return EvidenceLine(
        message_id=row.id,
        role=row.role,
        text=text,
        state=row.state,
        is_subject=is_subject,
        at=row.created_at,
    )


def seal(work: Work, case_id: str, content: Snapshot) -> None:
    """Store the snapshot under a new data key, which is itself stored only under the evidence key."""
    data_key = AESGCM.generate_key(256)
    work.add(
        tables.Evidence(
            case_id=case_id,
            key_id=work.keys.evidence_id,
            wrapped_key=_encrypt(work.keys.evidence[work.keys.evidence_id], data_key, case_id),
            sealed=_encrypt(data_key, _packed(content), case_id),
            created_at=work.clock(),
        )
    )
    work.flush()


def unseal(work: Work, case_id: str) -> Snapshot | None:
    """The snapshot of a case, or None once erased; raises StorageError under another evidence key."""
    row = work.get(tables.Evidence, case_id)
    if row is None or row.wrapped_key is None or row.sealed is None:
        return None
    key = work.keys.evidence.get(row.key_id)
    if key is None:
        raise StorageError(
            f"The evidence of case {row.case_id} was sealed with the evidence key {row.key_id}; "
            f"this store was opened with {', '.join(work.keys.evidence)}. "
            "Start Bezel with the key it was sealed with."
        )
    try:
        return _unpacked(_decrypt(_decrypt(key, row.wrapped_key, case_id), row.sealed, case_id))
    except InvalidTag:
        raise StorageError(
            f"The evidence of case {row.case_id} has been altered and cannot be read."
        ) from None


def erase(work: Work, case_ids: Sequence[str]) -> None:
    """Destroy the evidence of these cases and what moderators wrote about it; the decisions stay."""
    rows = work.scalars(select(tables.Evidence).where(tables.Evidence.case_id.in_(case_ids)))
    for row in rows.all():
        row.wrapped_key = row.sealed = None
        row.erased_at = row.erased_at or work.clock()
    ruled = select(tables.Decision.id).where(tables.Decision.case_id.in_(case_ids))
    work.execute(delete(tables.DecisionNote).where(tables.DecisionNote.decision_id.in_(ruled)))
    work.flush()


def _encrypt(key: bytes, content: bytes, case_id: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, case_id.encode())


def _decrypt(key: bytes, sealed: bytes, case_id: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], case_id.encode())


def _packed(content: Snapshot) -> bytes:
    lines = [
        {
            "message_id": line.message_id,
            "role": line.role,
            "text": line.text,
            "state": line.state,
            "is_subject": line.is_subject,
            "at": line.at.isoformat(),
        }
        for line in content.lines
    ]
    settings = None if content.settings is None else dict(content.settings)
    packed = {"lines": lines, "shown": content.shown, "checkpoint": content.checkpoint, "settings": settings}
    return json.dumps(packed).encode()


def _unpacked(content: bytes) -> Snapshot:
    packed = json.loads(content)
    lines = [EvidenceLine(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in packed["lines"]]
    return Snapshot(
        lines=tuple(lines),
        shown=packed["shown"],
        checkpoint=packed["checkpoint"],
        settings=packed["settings"],
    )
