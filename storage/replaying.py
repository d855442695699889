"""What stored verdicts would have been under another threshold: worked out from their scores alone."""

from datetime import timedelta
from typing import Any, get_args

from sqlalchemy import select

from safety.types import Action, Outcome, Side
from storage import tables
from storage.types import NewThreshold, Replayed, StorageError
from storage.work import Work

_ORDER = tuple(Action)


def replay(work: Work, terms: NewThreshold, acts: Action, within: timedelta) -> tuple[Replayed, ...]:
    """The verdicts with a case in which a finding lies on the other side of this threshold, newest first.

    Those of the blind slice are left out until they are decided: what they would be tells their score.
    """
    flag, verdict, case = tables.Flag, tables.Verdict, tables.ReviewCase
    about = (flag.check_name == terms.check) & (flag.clause == terms.clause)
    about &= (flag.check_version == terms.version) & (flag.created_at >= work.clock() - within)
    rows = work.execute(
        select(verdict.id, verdict.case_id, verdict.created_at, verdict.body)
        .join(case, case.id == verdict.case_id)
        .where(verdict.id.in_(select(flag.verdict_id).where(about)))
        .where(case.selection_prob.is_(None) | (case.state == "decided"))
        .where(verdict.body["side"].as_string() == terms.side)
        .order_by(verdict.id.desc())
    )
    return tuple(
        Replayed(verdict_id, str(case_id), at, _highest(body, terms), Action(body["action"]), would)
        for verdict_id, case_id, at, body in rows
        if (would := under(body, terms, acts)) != body["action"]
    )


def under(body: dict[str, Any], terms: NewThreshold, acts: Action) -> Action:
    """What this verdict would have been; as it was where a check failed, whose part in it is not known."""
    was = Action(body["action"])
    if {str(Outcome.ERROR), str(Outcome.NOT_CHECKED)} & set(body["checks"].values()):
        return was
    actions = [_action(found, terms, acts) for found in body["findings"]]
    return max(actions, key=_ORDER.index, default=was)


def side_of(name: str) -> Side:
    """The side of this name; raises StorageError for a name that is none."""
    for side in get_args(Side):
        if side == name:
            known: Side = side
            return known
    raise StorageError(f"The side is {name!r}; it must be one of {', '.join(get_args(Side))}.")


def _action(found: dict[str, Any], terms: NewThreshold, acts: Action) -> Action:
    if (found["check"], found["clause"]) != (terms.check, terms.clause):
        return Action(found["action"])
    return acts if found["score"] >= terms.value else Action.FLAG


def _highest(body: dict[str, Any], terms: NewThreshold) -> float:
    about = (terms.check, terms.clause)
    return max(float(one["score"]) for one in body["findings"] if (one["check"], one["clause"]) == about)
