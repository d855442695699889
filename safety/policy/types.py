"""What the policy says, ready to be asked: clauses, their limits for each check and side, and failures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from safety.redaction import IdentifierKind
from safety.types import Action, Category, Clause, Finding, SafetyError, Side

CATEGORIES: tuple[Category, ...] = get_args(Category)
SIDES: tuple[Side, ...] = get_args(Side)
ACTIONS: tuple[Action, ...] = tuple(Action)
KINDS: tuple[IdentifierKind, ...] = get_args(IdentifierKind)
GRAVEST = 3
"""What is found under a clause of this severity no machine takes back."""


def gravest(actions: Iterable[Action]) -> Action:
    """The gravest of the actions, `allow` where there is none."""
    return max(actions, key=ACTIONS.index, default=Action.ALLOW)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Scores from 0 to 1: from `flag` on a moderator is to look, from `block` on the action is taken."""

    flag: float
    block: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a score means for one clause, check and side; `action` is taken from `threshold.block` on."""

    threshold: Threshold
    action: Action

    def reached(self, score: float) -> tuple[Action, float] | None:
        """The action for this score and the threshold that it reached, or None below both."""
        if self.action not in (Action.ALLOW, Action.FLAG) and score >= self.threshold.block:
            return self.action, self.threshold.block
        if self.action is not Action.ALLOW and score >= self.threshold.flag:
            return Action.FLAG, self.threshold.flag
        return None


@dataclass(frozen=True, slots=True)
class LearnedThreshold:
    """From `value` on a finding of this check under this clause is acted on, instead of the policy's word."""

    id: str
    check: str
    version: str
    """It holds for this version of the check alone, whose scores its labels are about."""
    clause: str
    side: Side
    value: float


@dataclass(frozen=True, slots=True)
class LearnedThresholds:
    """What people made of the labels: thresholds switched on, others only tried, how often that changed."""

    number: int = 0
    active: tuple[LearnedThreshold, ...] = ()
    tried: tuple[LearnedThreshold, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """What holds for a check wherever nothing nearer is said."""

    threshold: Threshold
    blocks_from_flag: bool = False
    """Whether its findings are acted on from the flag threshold, as a strict profile wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePolicy:
    """What holds for a dearer judge: when it is asked, what its scores mean, and what it may take back."""

    check: CheckPolicy
    asked: tuple[float, float]
    """It is asked about a category that cheap checks score from the first of these to the second."""
    lifts: Mapping[str, Action] = field(default_factory=dict)
    """By check: the gravest action whose findings it may take back, `flag` or `block`; no others."""
    clears: float = 0.0
    """It takes back what it scores below this."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the languages that it reads; empty where it reads them all."""
    error: Action | None = None
    """What becomes of a suspect that it could not judge; None where the policy's own word holds."""
    not_checked: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClausePolicy:
    """One clause: what it forbids in our words, what serves it, and what becomes of a text that breaks it."""

    id: str
    title: str
    forbids: str
    severity: int
    wording: str
    """Names the sentence that a person reads when this clause stops their text."""
    categories: tuple[Category, ...]
    checks: tuple[str, ...]
    actions: Mapping[Side, Action]
    exceptions: tuple[str, ...] = ()
    """Purposes for which the official text allows what it otherwise forbids."""
    error: Action = Action.BLOCK
    not_checked: Action = Action.FLAG
    limits: Mapping[tuple[str, Side], Limits] = field(default_factory=dict)
    """Where a check has limits of its own for this clause and side."""

    def actions_of(self, check: str) -> set[Action]:
        """Every action that a finding of this check may lead to."""
        own = {limits.action for (name, _), limits in self.limits.items() if name == check}
        return own | set(self.actions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy under one profile. `fingerprint` is the first 12 hex digits of the sha256 of its files."""

    version: str
    profile: str
    page: str
    """Address of the official text, and the day on which it was last modified."""
    page_modified: str
    fingerprint: str
    error: Action
    not_checked: Action
    checks: Mapping[str, CheckPolicy]
    categories: Mapping[Category, str]
    """The clause of a signal that names none."""
    clauses: Mapping[str, ClausePolicy]
    measured: Mapping[tuple[str, Side, Category], Threshold]
    """Thresholds by check, side and category, as they were chosen on labelled text."""
    identifiers: Mapping[tuple[IdentifierKind, Side], Action]
    """What becomes of an identifier or a secret, whatever the clause."""
    learned: Mapping[tuple[str, str, Side], float] = field(default_factory=dict)
    """By check, clause and side: from which score on people had findings acted on; never below `flag`."""
    judges: Mapping[str, JudgePolicy] = field(default_factory=dict)
    """The dearer judges that are known, or, for a Guard that has some, those that run."""

    def clause(self, clause_id: str) -> ClausePolicy:
        """The clause of this id; SafetyError names an id that the policy does not have."""
        if clause_id not in self.clauses:
            raise SafetyError(f"Clause {clause_id!r} is not in the policy; it has {', '.join(self.clauses)}.")
        return self.clauses[clause_id]

    def limits_of_kind(self, check: str, side: Side, kind: IdentifierKind) -> Limits:
        """What the score of an identifier means."""
        return Limits(self.checks[check].threshold, self.identifiers[kind, side])

    def limits(self, check: str, side: Side, category: Category, clause_id: str | None = None) -> Limits:
        """What a signal's score means; its clause is the one it names or, failing that, its category's."""
        clause = self.clause(clause_id or self.categories[category])
        usual = self.measured.get((check, side, category), self.checks[check].threshold)
        limits = clause.limits.get((check, side), Limits(usual, clause.actions[side]))
        flag = limits.threshold.flag
        if self.checks[check].blocks_from_flag:
            return replace(limits, threshold=Threshold(flag, flag))
        learned = self.learned.get((check, clause.id, side))
        return limits if learned is None else replace(limits, threshold=Threshold(flag, max(flag, learned)))

    def learnable(self, check: str, clause_id: str, side: Side) -> Limits | None:
        """What a learned threshold could replace: acts from `block` on, and texts are flagged from `flag` on.

        None where nothing is acted on, or all that is flagged. Of several categories the strictest counts.
        """
        if check not in self.checks or self.checks[check].blocks_from_flag or clause_id not in self.clauses:
            return None
        every = [self.limits(check, side, category, clause_id) for category in self._categories(clause_id)]
        if not every or every[0].action in (Action.ALLOW, Action.FLAG):
            return None
        flag, block = (max(getattr(one.threshold, name) for one in every) for name in ("flag", "block"))
        return Limits(Threshold(flag, block), every[0].action) if flag < block else None

    def _categories(self, clause_id: str) -> tuple[Category, ...]:
        own = self.clauses[clause_id].categories
        return own + tuple(name for name, clause in self.categories.items() if clause == clause_id)

    def on_error(self, check: str) -> Action:
        """What becomes of a text on which this check failed: the gravest that a clause it serves asks for."""
        if check in self.judges:
            return self.judges[check].error or self.error
        return gravest([clause.error for clause in self.served_by(check)] or [self.error])

    def on_not_checked(self, check: str) -> Action:
        """What becomes of a text that this check could not judge."""
        if check in self.judges:
            return self.judges[check].not_checked or self.not_checked
        return gravest([clause.not_checked for clause in self.served_by(check)] or [self.not_checked])

    def served_by(self, check: str) -> tuple[ClausePolicy, ...]:
        """The clauses that this check serves."""
        return tuple(clause for clause in self.clauses.values() if check in clause.checks)

    def listed(self) -> tuple[Clause, ...]:
        """Every clause for a page; one without a check that runs is marked as not covered."""
        return tuple(
            Clause(clause.id, clause.title, clause.forbids, clause.severity, self._covers(clause))
            for clause in self.clauses.values()
        )

    def _covers(self, clause: ClausePolicy) -> bool:
        return any(check in self.checks for check in clause.checks)

    def with_learned(self, thresholds: Iterable[LearnedThreshold]) -> "Policy":
        """The same policy with these thresholds besides those that it has learned."""
        learned = {(one.check, one.clause, one.side): one.value for one in thresholds}
        return replace(self, learned={**self.learned, **learned})

    def with_checks(self, names: Iterable[str], *, threshold: Threshold = Threshold(0.5, 0.9)) -> "Policy":
        """The same policy with these checks and no others; `threshold` is for those it did not know."""
        checks = {name: self.checks.get(name, CheckPolicy(threshold)) for name in names}
        return replace(self, checks=checks)

    def with_judges(self, names: Iterable[str]) -> "Policy":
        """The same policy with these judges and no others; SafetyError for one that it does not know."""
        judges = {name: self._judge(name) for name in names}
        return replace(
            self, judges=judges, checks={**self.checks, **{name: one.check for name, one in judges.items()}}
        )

    def may_lift(self, judge: str, finding: Finding) -> bool:
        """Whether this judge may take such a finding back: never the gravest, and none of an identifier."""
        gravest_lifted = self.judges[judge].lifts.get(finding.check, Action.ALLOW)
        is_bearable = finding.kind is None and self.clause(finding.clause).severity < GRAVEST
        return is_bearable and ACTIONS.index(finding.action) <= ACTIONS.index(gravest_lifted)

    def _judge(self, name: str) -> JudgePolicy:
        if name not in self.judges:
            raise SafetyError(
                f"The judge {name!r} is not in the policy; it has {', '.join(self.judges) or 'none'}."
            )
        return self.judges[name]
