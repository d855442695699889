"""Thresholds that people set: proposed from labels, tried in shadow, switched on by a second person."""

from collections import defaultdict
from dataclasses import fields
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text

from safety.types import Action
from storage import audit, moderators, replaying, sampling, tables
from storage.columns import new_id, quoted
from storage.tables.judging import DRAWN
from storage.transactions import Transactions
from storage.types import (
    Audited,
    IllegalMove,
    Labelled,
    LabelledTexts,
    NewThreshold,
    NotFound,
    Replayed,
    Threshold,
    ThresholdsInForce,
    Trial,
)
from storage.work import Work

SETTLED: Final = timedelta(days=7)
"""How old a drawn text must be to count, decided or not: leaving out what waits would choose by content."""
_TERMS: Final = tuple(field.name for field in fields(NewThreshold) if field.name not in ("check", "version"))


class Thresholds:
    """The door to thresholds; each change is an audit event. All raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def labels(self, policy: str) -> tuple[LabelledTexts, ...]:
        """What was drawn at random under the policy of this fingerprint, by check, clause and side."""
        return self._read(labels, policy)

    def propose(self, moderator_id: str, terms: NewThreshold) -> Threshold:
        """Propose a threshold; raises IllegalMove while another for the same findings is under way."""
        return self._write(propose, moderator_id, terms)

    def start_shadow(self, threshold_id: str, moderator_id: str) -> Threshold:
        """Let a proposed threshold run beside the one in force; raises IllegalMove."""
        return self._write(start_shadow, threshold_id, moderator_id)

    def activate(self, threshold_id: str, moderator_id: str) -> Threshold:
        """Switch on one that ran in shadow, as a lead who did not propose it; raises IllegalMove."""
        return self._write(activate, threshold_id, moderator_id)

    def retire(self, threshold_id: str, moderator_id: str) -> Threshold:
        """Take one back, so that the policy's own word holds again; raises IllegalMove, also for no lead."""
        return self._write(retire, threshold_id, moderator_id)

    def in_force(self) -> ThresholdsInForce:
        """Those that act and those that are tried."""
        return self._read(in_force)

    def history(self) -> tuple[Threshold, ...]:
        """Every threshold there ever was, newest first."""
        return self._read(history)

    def trial(self, threshold_id: str) -> Trial:
        """What a threshold has seen since it began to run in shadow."""
        return self._read(trial, threshold_id)

    def audited(self, policy: str) -> Audited:
        """What audits of turns without a finding showed under this policy, the last week left out."""
        return self._read(sampling.audited, policy, SETTLED)

    def replay(self, terms: NewThreshold, acts: Action, *, days: int = 30) -> tuple[Replayed, ...]:
        """The verdicts of the last days that would differ under this threshold, newest first.

        `acts` is what the policy has done with a finding that reaches the threshold.
        """
        return self._read(replaying.replay, terms, acts, timedelta(days=days))


def labels(work: Work, policy: str) -> tuple[LabelledTexts, ...]:
    """Of several findings of one check under one clause in a text, the one with the highest score counts.

    A reply has the score of its last judgement, which is of all of it, or of all until it was stopped.
    """
    flag, verdict, label, case = tables.Flag, tables.Verdict, tables.DecisionLabel, tables.ReviewCase
    rows = work.execute(
        select(
            flag.check_name,
            flag.check_version,
            flag.clause,
            verdict.body["side"].as_string(),
            flag.verdict_id,
            flag.score,
            label.label,
        )
        .join(verdict, verdict.id == flag.verdict_id)
        .join(case, case.id == flag.case_id)
        .outerjoin(label, label.flag_id == flag.id)
        .where(text(f"flag.{DRAWN}"), case.kind == "content")
        .where(flag.created_at <= work.clock() - SETTLED, flag.score.is_not(None), flag.clause.is_not(None))
        .where(verdict.body["versions"]["policy"].as_string() == policy)
        .order_by(flag.verdict_id, flag.score)
    )
    found: dict[tuple[str, str, str, str], dict[str, Labelled]] = defaultdict(dict)
    for check, version, clause, side, verdict_id, score, said in rows:
        if version is not None and side is not None:
            is_right = None if said is None else said == "tp"
            found[check, version, clause, side][verdict_id] = Labelled(score, is_right)
    return tuple(
        LabelledTexts(check, version, clause, replaying.side_of(side), tuple(texts.values()))
        for (check, version, clause, side), texts in sorted(found.items())
    )


def propose(work: Work, moderator_id: str, terms: NewThreshold) -> Threshold:
    """Write a proposal down."""
    moderators.active(work, moderator_id)
    if _about(work, terms, "proposed", "shadow"):
        raise IllegalMove(
            f"A threshold of {terms.check} for {terms.clause} is under way already; retire it first."
        )
    row = tables.Threshold(
        id=new_id(),
        check_name=terms.check,
        check_version=terms.version,
        **{name: getattr(terms, name) for name in _TERMS},
        status="proposed",
        proposed_by=moderator_id,
        proposed_at=work.clock(),
    )
    return _changed(work, row, moderator_id)


def start_shadow(work: Work, threshold_id: str, moderator_id: str) -> Threshold:
    """From proposed to shadow."""
    row = _own(work, threshold_id, moderator_id, ("proposed",))
    row.status, row.shadow_at = "shadow", work.clock()
    return _changed(work, row, moderator_id)


def activate(work: Work, threshold_id: str, moderator_id: str) -> Threshold:
    """From shadow to active; the one that was active for the same findings retires."""
    row = _own(work, threshold_id, moderator_id, ("shadow",))
    if row.proposed_by == moderator_id:
        raise IllegalMove("You proposed this threshold; somebody else has to switch it on.")
    _require_lead(work, moderator_id, "switch a threshold on")
    for before in _about(work, _terms(row), "active"):
        row.supersedes = before.id
        _retire(work, before, moderator_id)
    row.status, row.activated_by, row.activated_at = "active", moderator_id, work.clock()
    return _changed(work, row, moderator_id)


def retire(work: Work, threshold_id: str, moderator_id: str) -> Threshold:
    """From anywhere to retired."""
    row = _own(work, threshold_id, moderator_id, ("proposed", "shadow", "active"))
    if row.status == "active":
        _require_lead(work, moderator_id, "switch a threshold off")
    return _retire(work, row, moderator_id)


def in_force(work: Work) -> ThresholdsInForce:
    """Each activation and each end of an active threshold is one change."""
    table = tables.Threshold
    number = work.execute(
        select(func.count(table.activated_at), func.count(table.retired_at)).where(
            table.activated_at.is_not(None)
        )
    ).one()
    live = work.scalars(select(table).where(table.status.in_(("active", "shadow"))).order_by(table.id)).all()
    return ThresholdsInForce(
        number[0] + number[1],
        tuple(_threshold(row) for row in live if row.status == "active"),
        tuple(_threshold(row) for row in live if row.status == "shadow"),
    )


def history(work: Work) -> tuple[Threshold, ...]:
    """All rows."""
    return tuple(
        _threshold(row) for row in work.scalars(select(tables.Threshold).order_by(tables.Threshold.id.desc()))
    )


def trial(work: Work, threshold_id: str) -> Trial:
    """Counts the verdicts of its side that were given since, and those that name it as one to differ."""
    row = _row(work, threshold_id)
    if row.shadow_at is None:
        return Trial(0, 0)
    body = tables.Verdict.body
    since = (tables.Verdict.created_at >= row.shadow_at) & (body["side"].as_string() == row.side)
    differs = body["shadow"][row.id].as_string()
    verdicts, changed = work.execute(select(func.count(), func.count(differs)).where(since)).one()
    return Trial(verdicts, changed)


def _row(work: Work, threshold_id: str, *, lock: bool = False) -> tables.Threshold:
    row = work.get(tables.Threshold, threshold_id, with_for_update=lock)
    if row is None:
        raise NotFound(f"There is no threshold {quoted(threshold_id)}.")
    return row


def _own(work: Work, threshold_id: str, moderator_id: str, wanted: tuple[str, ...]) -> tables.Threshold:
    moderators.active(work, moderator_id)
    row = _row(work, threshold_id, lock=True)
    if row.status not in wanted:
        raise IllegalMove(f"This threshold is {row.status}; it must be {' or '.join(wanted)} for that.")
    return row


def _require_lead(work: Work, moderator_id: str, what: str) -> None:
    if moderators.active(work, moderator_id).role != "lead":
        raise IllegalMove(f"Only a lead can {what}.")


def _about(work: Work, terms: NewThreshold, *status: str) -> list[tables.Threshold]:
    table = tables.Threshold
    same = (
        (table.check_name == terms.check)
        & (table.check_version == terms.version)
        & (table.clause == terms.clause)
        & (table.side == terms.side)
    )
    return list(work.scalars(select(table).where(same, table.status.in_(status)).with_for_update()))


def _retire(work: Work, row: tables.Threshold, moderator_id: str) -> Threshold:
    row.status, row.retired_by, row.retired_at = "retired", moderator_id, work.clock()
    return _changed(work, row, moderator_id)


def _changed(work: Work, row: tables.Threshold, moderator_id: str) -> Threshold:
    work.add(row)
    work.flush()
    audit.record(work, moderator_id, f"threshold {row.status}", row.id)
    return _threshold(row)


def _terms(row: tables.Threshold) -> NewThreshold:
    return NewThreshold(row.check_name, row.check_version, **{name: getattr(row, name) for name in _TERMS})


def _threshold(row: tables.Threshold) -> Threshold:
    return Threshold(
        id=row.id,
        terms=_terms(row),
        status=row.status,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        shadow_at=row.shadow_at,
        activated_by=row.activated_by,
        activated_at=row.activated_at,
        retired_by=row.retired_by,
        retired_at=row.retired_at,
        supersedes=row.supersedes,
    )
