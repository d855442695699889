"""Flags: what a verdict leaves behind, and how a case opens from a verdict or from a report."""

from dataclasses import dataclass

from sqlalchemy import select

from safety.types import Finding, Outcome, Verdict
from storage import audit, evidence, tables
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


def record_verdict(work: Work, message: tables.Message, verdict: Verdict, opening: Opening) -> None:
    """Keep a verdict and, where its action opens a case, its flags in the case about this message."""
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
        row.case_id = open_case(work, message, verdict.clause, opening).id
        work.add_all(_flags(row, verdict))
        work.flush()


def open_case(work: Work, message: tables.Message, clause: str | None, opening: Opening) -> tables.ReviewCase:
    """The one case about this message: a new one with its evidence sealed, or the one that there is."""
    table = tables.ReviewCase
    case = work.scalar(
        select(table)
        .where(table.owner == message.owner, table.message_id == message.id, table.kind == "content")
        .with_for_update()
    )
    if case is None:
        return _new_case(work, message, clause, opening)
    if case.state != "decided":
        case.clause = case.clause or clause
        case.severity = max(case.severity, opening.severity)
        case.row_version += 1
    return case


def _new_case(work: Work, message: tables.Message, clause: str | None, opening: Opening) -> tables.ReviewCase:
    case = tables.ReviewCase(
        id=new_id(),
        kind="content",
        owner=message.owner,
        conversation_id=message.conversation_id,
        message_id=message.id,
        clause=clause,
        severity=opening.severity,
        state="open",
        is_escalated=False,
        row_version=1,
        opened_at=work.clock(),
    )
    work.add(case)
    work.flush()
    lineage = lineage_in(tree(work, message.owner, message.conversation_id), message.id)
    evidence.seal(work, case.id, evidence.snapshot(lineage, text=opening.text, shown=opening.shown))
    audit.record(work, opening.by, "case opened", case.id)
    return case


def _flags(row: tables.Verdict, verdict: Verdict) -> list[tables.Flag]:
    if verdict.findings:
        return [_flag(row, verdict, found.check, found) for found in verdict.findings]
    unclear = (Outcome.ERROR, Outcome.NOT_CHECKED)
    return [_flag(row, verdict, name, None) for name, outcome in verdict.checks.items() if outcome in unclear]


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
