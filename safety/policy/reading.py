"""Reads the policy files and refuses any clause, category, check, action or number that makes no sense."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from safety.policy.judges import FAILURES, judge_in, threshold_in
from safety.policy.tables import Table, read_table
from safety.policy.types import (
    ACTIONS,
    CATEGORIES,
    KINDS,
    SIDES,
    CheckPolicy,
    ClausePolicy,
    JudgePolicy,
    Limits,
    Policy,
    Threshold,
)
from safety.redaction import IdentifierKind
from safety.types import Action, Category, SafetyError, Side

FOLDER = Path(__file__).parent
PROFILES = ("strict", "standard", "research")

_OF_IDENTIFIERS = (Action.ALLOW, Action.REDACT, Action.FLAG, Action.BLOCK)

Actions = Mapping[Side, Action]
Measured = dict[tuple[str, Side, Category], Threshold]
Identifiers = dict[tuple[IdentifierKind, Side], Action]


@dataclass(frozen=True, slots=True)
class _Failures:
    error: Action
    not_checked: Action


@dataclass(frozen=True, slots=True)
class _Profile:
    """What a profile changes: failures, checks that act from their flag threshold, actions, thresholds."""

    failures: _Failures | None
    blocks_from_flag: Mapping[str, bool]
    actions: Mapping[str, Actions]
    measured: Measured
    identifiers: Identifiers


@cache
def load_policy(profile: str = "standard", *, folder: Path = FOLDER) -> Policy:
    """The policy of the folder's files under a profile; SafetyError names the file, key and wrong value."""
    if profile not in PROFILES:
        raise SafetyError(f"The profile is {profile!r}; it must be one of {', '.join(PROFILES)}.")
    files = (folder / "pup.toml", folder / "thresholds.toml", folder / "profiles" / f"{profile}.toml")
    main, thresholds, changes = (read_table(file) for file in files)
    checks = _checks(main.take_table("checks"))
    measured = _measured(thresholds.take_table("thresholds", known=tuple(checks)))
    thresholds.done()
    clauses = main.take_table("clauses")
    judges = main.take_table("judges")
    change = _profile(changes, clauses.keys, (*checks, *judges.keys))
    categories = _categories(main.take_table("categories", known=CATEGORIES), clauses.keys)
    failures = _failures(main.take_table("outcomes"))
    policy = Policy(
        version=main.take_text("version"),
        profile=profile,
        page=main.take_text("page"),
        page_modified=main.take_date("page_modified"),
        fingerprint=_fingerprint(files),
        error=(change.failures or failures).error,
        not_checked=(change.failures or failures).not_checked,
        checks={name: _changed(name, check, change) for name, check in checks.items()},
        categories=categories,
        clauses=_clauses(clauses, tuple(checks), change.failures or failures, change.actions),
        measured=measured | change.measured,
        identifiers=identifiers_in(main.take_table("identifiers"), KINDS) | change.identifiers,
        judges={name: _judge(name, judges, tuple(checks), change) for name in judges.keys},
    )
    main.done()
    _require_home_clauses(policy)
    return policy


def policy_for(*checks: str, profile: str = "standard") -> Policy:
    """The shipped policy reduced to these checks, for a Guard that is handed its own."""
    return load_policy(profile).with_checks(checks)


def _fingerprint(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _failures(table: Table) -> _Failures:
    failures = _Failures(
        Action(table.take_choice("error", FAILURES)), Action(table.take_choice("not_checked", FAILURES))
    )
    table.done()
    return failures


def _checks(table: Table) -> dict[str, CheckPolicy]:
    return {name: CheckPolicy(_threshold(table.take_table(name))) for name in table.keys}


def _threshold(table: Table) -> Threshold:
    threshold = threshold_in(table)
    table.done()
    return threshold


def _measured(table: Table) -> Measured:
    """`[thresholds.<check>.<side>]` with a category a line."""
    measured: Measured = {}
    for check in table.keys:
        sides = table.take_table(check, known=SIDES)
        for side in SIDES:
            numbers = sides.take_table(side, known=CATEGORIES)
            for name in numbers.keys:
                measured[check, side, cast(Category, name)] = _threshold(numbers.take_table(name))
    return measured


def _profile(table: Table, clauses: tuple[str, ...], checks: tuple[str, ...]) -> _Profile:
    table.only(("outcomes", "checks", "actions", "thresholds", "identifiers"))
    actions = table.take_table("actions", known=clauses)
    return _Profile(
        failures=_failures(table.take_table("outcomes")) if "outcomes" in table else None,
        blocks_from_flag=_blocks_from_flag(table.take_table("checks", known=checks)),
        actions={clause: _actions(actions, clause) for clause in actions.keys},
        measured=_measured(table.take_table("thresholds", known=checks)),
        identifiers=identifiers_in(own := table.take_table("identifiers"), own.keys),
    )


def _blocks_from_flag(table: Table) -> dict[str, bool]:
    chosen: dict[str, bool] = {}
    for name in table.keys:
        settings = table.take_table(name)
        chosen[name] = settings.take_choice("acts_from", ("flag", "block")) == "flag"
        settings.done()
    return chosen


def _judge(name: str, table: Table, checks: tuple[str, ...], change: _Profile) -> JudgePolicy:
    blocks_from_flag = change.blocks_from_flag.get(name, False)
    return judge_in(table.take_table(name), checks, blocks_from_flag=blocks_from_flag)


def _changed(name: str, check: CheckPolicy, change: _Profile) -> CheckPolicy:
    return CheckPolicy(check.threshold, change.blocks_from_flag.get(name, False))


def _categories(table: Table, clauses: tuple[str, ...]) -> dict[Category, str]:
    """Every category's clause; each of the 15 must have one."""
    categories = {name: table.take_choice(name, clauses) for name in CATEGORIES}
    table.done()
    return categories


def _clauses(
    table: Table, checks: tuple[str, ...], failures: _Failures, changes: Mapping[str, Actions]
) -> dict[str, ClausePolicy]:
    return {
        clause_id: _clause(clause_id, table.take_table(clause_id), checks, failures, changes.get(clause_id))
        for clause_id in table.keys
    }


def _clause(
    clause_id: str, table: Table, checks: tuple[str, ...], failures: _Failures, change: Actions | None
) -> ClausePolicy:
    actions = _actions(table, "action") if "action" in table else dict.fromkeys(SIDES, Action.BLOCK)
    clause = ClausePolicy(
        id=clause_id,
        title=table.take_text("title"),
        forbids=table.take_text("forbids"),
        severity=table.take_whole_number("severity", 0, 3),
        wording=table.take_text("wording"),
        categories=cast(tuple[Category, ...], table.take_choices("categories", CATEGORIES)),
        checks=table.take_choices("checks", checks),
        actions=change or actions,
        exceptions=table.take_texts("exceptions"),
        error=_failure(table, "error", failures.error),
        not_checked=_failure(table, "not_checked", failures.not_checked),
        limits=_limits(table.take_table("limits", known=checks), actions, change),
    )
    _require_support_for_self_harm(table, clause)
    table.done()
    return clause


def _actions(table: Table, key: str, choices: Sequence[Action] = ACTIONS) -> dict[Side, Action]:
    """One action for all sides, or a table with one for each."""
    if not table.is_table(key):
        return dict.fromkeys(SIDES, Action(table.take_choice(key, choices)))
    sides = table.take_table(key, known=SIDES)
    return {side: Action(sides.take_choice(side, choices)) for side in SIDES}


def identifiers_in(table: Table, kinds: Sequence[str]) -> Identifiers:
    """The actions of an `[identifiers]` table, a kind a line: one for all sides, or one for each."""
    table.only(KINDS)
    actions = {kind: _actions(table, kind, _OF_IDENTIFIERS) for kind in KINDS if kind in kinds}
    return {(kind, side): action for kind, sides in actions.items() for side, action in sides.items()}


def _failure(table: Table, key: str, otherwise: Action) -> Action:
    return Action(table.take_choice(key, FAILURES)) if key in table else otherwise


def _limits(table: Table, actions: Actions, change: Actions | None) -> dict[tuple[str, Side], Limits]:
    """`[clauses."…".limits.<check>.<side>]`: flag, block and perhaps an action; a profile's action wins."""
    limits: dict[tuple[str, Side], Limits] = {}
    for check in table.keys:
        sides = table.take_table(check, known=SIDES)
        for name in sides.keys:
            side = cast(Side, name)
            own = sides.take_table(side)
            action = Action(own.take_choice("action", ACTIONS)) if "action" in own else actions[side]
            limits[check, side] = Limits(_threshold(own), (change or {}).get(side, action))
    return limits


def _require_support_for_self_harm(table: Table, clause: ClausePolicy) -> None:
    taken = {*clause.actions.values(), *(limits.action for limits in clause.limits.values())}
    if Action.SUPPORT in taken and "self_harm" not in clause.categories:
        raise table.wrong("action", "support", "another: only a clause of self_harm answers with help")


def _require_home_clauses(policy: Policy) -> None:
    for category, clause_id in policy.categories.items():
        if category not in policy.clauses[clause_id].categories:
            raise SafetyError(
                f"pup.toml: categories.{category} is {clause_id!r}; that clause must list {category!r} "
                f"among its categories."
            )
