"""Flags: what a verdict leaves behind, and how a case opens from a verdict or from a report."""

from dataclasses import dataclass

from sqlalchemy import select

from safety.types import Finding, Outcome, Verdict
from storage import audit, evidence, priority, sampling, tables
from storage.columns import new_id
from storage.conversations import lineage_in, tree
from storage.work import Work


@dataclass(frozen=True, slots=True)
class Opening:
    """What the evidence of a message is to hold: its exact text, and what was shown of it."""

    severity: int
    text: str
    shown: str
    by: str = "guard"
    with_later: bool = False
    """Whether the turns that followed belong to the evidence: somebody points at it later."""


def record_verdict(work: Work, message: tables.Message, verdict: Verdict, opening: Opening) -> None:
    """Keep a verdict and, where its action opens a case, its flags in the case about this message.

    The texts of `message` and `opening` are redacted already; the spans of what is kept point into them.
    """
    verdict = verdict.after_redaction()
    row = tables.Verdict(
        id=new_id(),
        owner=message.owner,
        conversation_id=message.conversation_id,
        message_id=message.id,
        action=str(verdict.action),
        clause=verdict.clause,
        score=verdict.score,
        policy=verdict.policy,
        body=verdict.as_dict(),
        created_at=work.clock(),
    )
    work.add(row)
    work.flush()
    if verdict.action.opens_case:
        case = open_case(work, message, verdict.clause, opening)
        case.language = case.language or verdict.lang
        row.case_id = case.id
        work.add_all(_flags(row, verdict, case.selection_prob))
        work.flush()
        settle_in(work, case)
    else:
        sampling.draw(work, message, row, opening.text)


def open_case(work: Work, message: tables.Message, clause: str | None, opening: Opening) -> tables.ReviewCase:
    """The one case about this message: a new one with its evidence sealed, or the one that there is.

    A decided one stays decided: an edited text is a message of its own. `settle_in` has to follow.
    """
    table = tables.ReviewCase
    case = work.scalar(
        select(table)
        .where(table.owner == message.owner, table.message_id == message.id, table.kind == "content")
        .with_for_update()
    )
    if case is None:
        return _new_case(work, message, clause, opening)
    if opening.with_later and case.state != "decided":
        _seal_later(work, case, message)
    if case.state != "decided":
        case.clause = case.clause or clause
        case.severity = max(case.severity, opening.severity)
        case.row_version += 1
    return case


def settle_in(work: Work, case: tables.ReviewCase) -> None:
    """Give a case that is not decided its place in the queue, after flags or reports were added."""
    if case.state not in ("ruled", "decided"):
        priority.refresh(work, case)


def _new_case(work: Work, message: tables.Message, clause: str | None, opening: Opening) -> tables.ReviewCase:
    case_id = new_id()
    case = tables.ReviewCase(
        id=case_id,
        kind="content",
        owner=message.owner,
        conversation_id=message.conversation_id,
        message_id=message.id,
        content_digest=work.keys.digest("content", opening.text),
        clause=clause,
        severity=opening.severity,
        selection_prob=_drawn(work, case_id),
        state="open",
        is_escalated=False,
        row_version=1,
        opened_at=work.clock(),
    )
    work.add(case)
    work.flush()
    # A title is in no tree, though it stands under the leaf of one.
    rows = tree(work, message.owner, message.conversation_id) | {message.id: message}
    content = evidence.snapshot(
        lineage_in(rows, message.id),
        text=opening.text,
        shown=opening.shown,
        later=_later(work, message) if opening.with_later else (),
    )
    evidence.seal(work, case.id, content)
    audit.record(work, opening.by, "case opened", case.id)
    return case


def _drawn(work: Work, case_id: str) -> float | None:
    """The share that the blind slice is of all cases, where this one is in it: nobody can tell beforehand."""
    lot = int(work.keys.digest("draw", case_id)[:8], 16) / 2**32
    return work.rules.blind_share if lot < work.rules.blind_share else None


def _later(work: Work, message: tables.Message) -> list[tables.Message]:
    """What followed the message on the path that the page shows."""
    conversation = work.get(tables.Conversation, (message.owner, message.conversation_id))
    rows = tree(work, message.owner, message.conversation_id)
    path = lineage_in(rows, conversation.leaf_id if conversation else None)
    ids = [row.id for row in path]
    return path[ids.index(message.id) + 1 :] if message.id in ids else []


def _seal_later(work: Work, case: tables.ReviewCase, message: tables.Message) -> None:
    if later := _later(work, message):
        evidence.seal_later(work, case.id, later)


def _flags(row: tables.Verdict, verdict: Verdict, selection_prob: float | None) -> list[tables.Flag]:
    if verdict.findings:
        found = [_flag(row, verdict, finding.check, finding) for finding in verdict.findings]
    else:
        unclear = (Outcome.ERROR, Outcome.NOT_CHECKED)
        found = [
            _flag(row, verdict, name, None) for name, outcome in verdict.checks.items() if outcome in unclear
        ]
    for flag in found:
        flag.selection_prob = selection_prob
    return found


def _flag(row: tables.Verdict, verdict: Verdict, check: str, finding: Finding | None) -> tables.Flag:
    return tables.Flag(
        id=new_id(),
        owner=row.owner,
        verdict_id=row.id,
        case_id=row.case_id,
        message_id=row.message_id,
        check_name=check,
        check_version=verdict.versions.get(check),
        policy=verdict.policy,
        outcome=str(verdict.checks.get(check, Outcome.FLAG)),
        clause=finding.clause if finding else None,
        category=finding.category if finding else None,
        score=finding.score if finding else None,
        threshold=finding.threshold if finding else None,
        spans=[[span.start, span.end] for span in finding.spans] if finding else [],
        action=str(finding.action if finding else verdict.action),
        created_at=row.created_at,
    )
