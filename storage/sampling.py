"""Random audits: turns that no check flagged, drawn with a known probability for a person to look at."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from storage import audit, evidence, priority, tables
from storage.columns import new_id
from storage.conversations import lineage_in, tree
from storage.evidence import Snapshot
from storage.judging import is_violation
from storage.types import Audited
from storage.work import Work


def draw(work: Work, message: tables.Message, judged: tables.Verdict, text: str) -> None:
    """Open an audit of this message where the lot falls on it; its evidence is its own turn alone."""
    share = work.rules.audit_share
    lot = int(work.keys.digest("audit", judged.id)[:8], 16) / 2**32
    if lot >= share:
        return
    case = tables.ReviewCase(
        id=new_id(),
        kind="audit",
        owner=message.owner,
        conversation_id=message.conversation_id,
        message_id=message.id,
        severity=0,
        language=judged.body["lang"],
        selection_prob=share,
        state="open",
        is_escalated=False,
        row_version=1,
        opened_at=work.clock(),
    )
    work.add(case)
    work.flush()
    judged.case_id = case.id
    lineage = lineage_in(tree(work, message.owner, message.conversation_id), message.id)
    own_turn = lineage[-2:] if message.role == "assistant" else lineage[-1:]
    evidence.seal(work, case.id, evidence.snapshot(own_turn, text=text, shown=text))
    audit.record(work, "lot", "audit opened", case.id)
    priority.refresh(work, case)


def for_eyes(work: Work, case_id: str, content: Snapshot | None) -> Snapshot | None:
    """The evidence as a moderator may see it: of an audit, which nobody asked for, without identifiers."""
    case = work.get(tables.ReviewCase, case_id)
    if content is None or case is None or case.kind != "audit":
        return content
    redact = work.rules.redact
    lines = tuple(replace(line, text=redact(line.text)) for line in content.lines)
    return replace(content, lines=lines, shown=redact(content.shown))


def audited(work: Work, policy: str, older_than: timedelta) -> Audited:
    """What the audits under the policy of this fingerprint found; what still waits counts as waiting."""
    case, verdict = tables.ReviewCase, tables.Verdict
    rulings = work.scalars(
        select(case.ruling)
        .join(verdict, verdict.case_id == case.id)
        .where(case.kind == "audit", case.opened_at <= work.clock() - older_than)
        .where(verdict.body["versions"]["policy"].as_string() == policy)
    ).all()
    decided = [ruling for ruling in rulings if ruling is not None and ruling != "unsure"]
    return Audited(
        turns=len(rulings),
        violations=sum(is_violation(ruling) for ruling in decided),
        undecided=len(rulings) - len(decided),
    )
