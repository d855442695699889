"""Cases: what a moderator sees of one, and what stays hidden so that it does not sway them."""

from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select

from storage import evidence, judging, priority, queue, reports, sampling, tables
from storage.columns import quoted
from storage.types import Case, Decision, Flagged, Grounds, NotFound, Prior, SecondReason
from storage.work import Work

MOST_PRIORS = 20


def locked(work: Work, case_id: str) -> tables.ReviewCase:
    """The row as it is now, held until the transaction ends; raises NotFound."""
    row = work.get(tables.ReviewCase, case_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"There is no case {quoted(case_id)}.")
    return row


def view(work: Work, case: tables.ReviewCase, moderator_id: str) -> Case:
    """Everything that this moderator may see of a case now."""
    subject_id = case.about_id or case.id
    content = sampling.for_eyes(work, subject_id, evidence.unseal(work, subject_id))
    is_blind = hides_output(work, case, moderator_id)
    made = _decisions(work, case, moderator_id)
    proposal = next((one for one in made if one.id in (case.settling_id, case.proposal_id)), None)
    return Case(
        summary=queue.summaries(work, [case])[0],
        row_version=case.row_version,
        evidence=content.lines if content else (),
        shown=content.shown if content else "",
        checkpoint=content.checkpoint if content else None,
        settings=content.settings if content else None,
        verdicts=() if is_blind else _verdicts(work, subject_id),
        grounds=None if is_blind else grounds(work, subject_id, case.clause),
        priority=() if is_blind else priority.parts_of(case),
        reports=reports.of_cases(work, [subject_id]),
        reporter=priority.reporter(work, case.owner) if case.reports and case.owner else None,
        decisions=made,
        proposal=proposal,
        needs_second=second_reasons(work, case, proposal) if proposal else (),
        same_text=_same_text(work, case),
        same_text_waiting=_same_text_waiting(work, case),
        appeal_text=_appeal_text(work, case),
        about_id=case.about_id,
    )


def hides_output(work: Work, case: tables.ReviewCase, moderator_id: str) -> bool:
    """Whether this case is in the blind slice and this moderator has not yet said what they think of it."""
    if case.selection_prob is None or case.state == "decided":
        return False
    return not _has_ruled(work, case.id, moderator_id)


def second_reasons(
    work: Work, case: tables.ReviewCase, made: Decision | tables.Decision
) -> tuple[SecondReason, ...]:
    """Why a second person has to agree with this decision."""
    if made.stage == "second":
        return ()
    overrules = False
    if case.kind == "override":
        about = work.get(tables.ReviewCase, case.about_id)
        earlier = work.get(tables.Decision, about.decision_id) if about and about.decision_id else None
        overrules = earlier is not None and content(earlier) != content(made)
    return judging.needs_second(case.severity, made.action, overrules=overrules)


def content(made: Decision | tables.Decision) -> judging.Content:
    """What a decision says, to be held against another."""
    return made.ruling, made.clause, made.action, made.days


def grounds(work: Work, case_id: str, clause: str | None) -> Grounds:
    """How the message came to be a case: the same object for the moderator and for the person."""
    flag, report = tables.Flag, tables.Report
    flags = work.scalars(select(flag).where(flag.case_id == case_id).order_by(flag.id)).all()
    reasons = work.scalars(select(report.reason).where(report.case_id == case_id).order_by(report.id))
    return Grounds(
        clause=clause,
        found=tuple(_flagged(row) for row in flags),
        policy=flags[-1].policy if flags else None,
        reasons=dict(Counter(reasons)),
    )


def decision(
    row: tables.Decision, course: tables.DecisionCourse, note: tables.DecisionNote | None
) -> Decision:
    """A ruling with its words, which are gone once the person has been erased."""
    return Decision(
        id=row.id,
        case_id=row.case_id,
        moderator=row.moderator_id,
        ruling=row.ruling,
        clause=row.clause,
        note=note.note if note else "",
        public_note=note.public_note if note else "",
        decided_at=row.decided_at,
        action=row.action,
        days=row.days,
        reason_key=row.reason_key,
        stage=row.stage,
        state=course.state,
        effective_at=row.effective_at or row.decided_at,
        saw_model_output=row.saw_model_output,
        batch_id=row.batch_id,
    )


def _decisions(work: Work, case: tables.ReviewCase, moderator_id: str) -> tuple[Decision, ...]:
    made, course, note = tables.Decision, tables.DecisionCourse, tables.DecisionNote
    rows = work.execute(
        select(made, course, note)
        .join(course, course.decision_id == made.id)
        .outerjoin(note, note.decision_id == made.id)
        .where(made.case_id.in_((case.id, case.about_id)))
        .order_by(made.id)
    )
    found = [decision(*row) for row in rows]
    if case.kind == "appeal" and case.state != "decided" and not _has_ruled(work, case.id, moderator_id):
        found = [
            replace(one, note="", public_note="") if one.case_id == case.about_id else one for one in found
        ]
    return tuple(found)


def _has_ruled(work: Work, case_id: str, moderator_id: str) -> bool:
    """Whether they decided on it, also where they took that back: they have seen all of it since."""
    made = tables.Decision
    theirs = select(made.id).where(made.case_id == case_id, made.moderator_id == moderator_id)
    return work.scalar(theirs.limit(1)) is not None


def _verdicts(work: Work, case_id: str) -> tuple[dict[str, object], ...]:
    verdict = tables.Verdict
    return tuple(work.scalars(select(verdict.body).where(verdict.case_id == case_id).order_by(verdict.id)))


def _flagged(row: tables.Flag) -> Flagged:
    return Flagged(
        flag_id=row.id,
        check=row.check_name,
        version=row.check_version,
        outcome=row.outcome,
        clause=row.clause,
        category=row.category,
        score=row.score,
        threshold=row.threshold,
        spans=tuple((start, end) for start, end in row.spans),
    )


def _same_text(work: Work, case: tables.ReviewCase) -> tuple[Prior, ...]:
    if case.content_digest is None:
        return ()
    other, made = tables.ReviewCase, tables.Decision
    rows = work.execute(
        select(other.id, made)
        .join(made, made.id == other.decision_id)
        .where(other.content_digest == case.content_digest, other.id.not_in((case.id, case.about_id or "")))
        .order_by(made.id.desc())
        .limit(MOST_PRIORS)
    )
    return tuple(
        Prior(
            case_id=case_id,
            ruling=row.ruling,
            clause=row.clause,
            action=row.action,
            decided_at=row.decided_at,
        )
        for case_id, row in rows
    )


def _same_text_waiting(work: Work, case: tables.ReviewCase) -> int:
    if case.content_digest is None:
        return 0
    other = tables.ReviewCase
    same = (other.content_digest == case.content_digest, other.id != case.id, other.kind == "content")
    return work.scalar(select(func.count()).where(*same, other.state.in_(queue.FREE))) or 0


def _appeal_text(work: Work, case: tables.ReviewCase) -> str | None:
    if case.kind != "appeal":
        return None
    appeal, words = tables.Appeal, tables.AppealText
    return work.scalar(
        select(words.text).join(appeal, appeal.id == words.appeal_id).where(appeal.case_id == case.id)
    )
