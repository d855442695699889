"""From what the checks answered to what is done: answers are examined, signals weighed, the gravest wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from numbers import Integral, Real
from typing import cast

from safety.lanes import Failed
from safety.policy.types import ACTIONS, CATEGORIES, KINDS, Limits, Policy, gravest
from safety.redaction import Redaction, merged
from safety.types import Action, Category, CheckedText, Finding, Lifted, Outcome, Side, Signal, Span, Text

Answer = CheckedText | Failed


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the policy makes of all answers on one text."""

    action: Action
    score: float
    categories: Mapping[Category, float]
    findings: tuple[Finding, ...]
    checks: Mapping[str, Outcome]
    redactions: tuple[Redaction, ...]
    lifted: tuple[Lifted, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A finding, and whether the check itself named the clause."""

    finding: Finding
    is_named: bool


def examined(answer: object, text: Text, policy: Policy) -> Answer:
    """The answer where it can be trusted; Failed where a score, a span, a name or a type is wrong."""
    if isinstance(answer, Failed):
        return answer
    if not isinstance(answer, CheckedText) or not isinstance(answer.signals, tuple):
        return Failed(f"it answered with {type(answer).__name__}")
    if answer.not_checked is not None and not isinstance(answer.not_checked, str):
        return Failed("its not_checked is no text")
    for signal in answer.signals:
        if wrong := _wrong_in(signal, len(text.value), policy):
            return Failed(wrong)
    return answer


def weigh(answers: Mapping[str, Answer], side: Side, policy: Policy) -> Weighed:
    """The gravest action of all findings and failures, and the findings with the deciding one first.

    A finding that a judge takes back, as far as the policy lets it, no longer counts.
    """
    found = {name: _found(name, answer, side, policy) for name, answer in answers.items()}
    ranked = sorted(chain.from_iterable(found.values()), key=lambda one: _rank(one, policy))
    lifted = {one.finding: by for one in ranked if (by := _lifted(one.finding, answers, policy)) is not None}
    findings = tuple(one.finding for one in ranked if one.finding not in lifted)
    categories = _categories(answers.values())
    return Weighed(
        action=gravest(
            [one.action for one in findings]
            + [_on_failure(name, answer, policy) for name, answer in answers.items()]
        ),
        score=max(categories.values()),
        categories=categories,
        findings=findings,
        checks={name: _outcome(answer, found[name]) for name, answer in answers.items()},
        redactions=_redactions(findings),
        lifted=tuple(lifted.values()),
    )


def is_settled(weighed: Weighed, policy: Policy) -> bool:
    """Whether the text is withheld whatever a judge may say: by a failure, or a finding that stays."""
    failures = {Outcome.ERROR: policy.on_error, Outcome.NOT_CHECKED: policy.on_not_checked}
    return any(
        failures[outcome](name).withholds for name, outcome in weighed.checks.items() if outcome in failures
    ) or any(
        one.action.withholds and not any(policy.may_lift(judge, one) for judge in policy.judges)
        for one in weighed.findings
    )


def _wrong_in(signal: object, length: int, policy: Policy) -> str | None:
    if not isinstance(signal, Signal):
        return f"a signal is {type(signal).__name__}"
    if signal.category not in CATEGORIES:
        return "a category is unknown"
    if signal.clause is not None and not _is_clause(signal.clause, policy):
        return "a clause is unknown"
    if signal.kind is not None and signal.kind not in KINDS:
        return "a kind of identifier is unknown"
    if not _is_score(signal.score):
        return "a score is not a number from 0 to 1"
    if not isinstance(signal.spans, tuple) or not all(_lies_within(span, length) for span in signal.spans):
        return "a span lies outside the text"
    return None


def _is_clause(clause: object, policy: Policy) -> bool:
    return isinstance(clause, str) and clause in policy.clauses


def _is_score(score: object) -> bool:
    return isinstance(score, Real) and not isinstance(score, bool) and 0 <= cast(float, score) <= 1


def _lies_within(span: object, length: int) -> bool:
    if not isinstance(span, Span):
        return False
    ends = (span.start, span.end)
    return all(isinstance(end, Integral) for end in ends) and 0 <= span.start <= span.end <= length


def _found(name: str, answer: Answer, side: Side, policy: Policy) -> list[_Found]:
    if isinstance(answer, Failed):
        return []
    found = []
    for signal in answer.signals:
        clause = signal.clause or policy.categories[signal.category]
        score = float(signal.score)
        if reached := _limits(name, side, signal, policy).reached(score):
            action, threshold = reached
            if action is Action.REDACT and not signal.spans:
                action = Action.BLOCK
            finding = Finding(
                clause, signal.category, name, score, threshold, action, signal.spans, signal.kind
            )
            found.append(_Found(finding, signal.clause is not None))
    return found


def _limits(check: str, side: Side, signal: Signal, policy: Policy) -> Limits:
    if signal.kind is not None:
        return policy.limits_of_kind(check, side, signal.kind)
    return policy.limits(check, side, signal.category, signal.clause)


def _lifted(finding: Finding, answers: Mapping[str, Answer], policy: Policy) -> Lifted | None:
    """By which judge the finding is taken back; by none where another one found something there."""
    lifted = None
    for name, judge in policy.judges.items():
        score = _score_of(finding.category, answers.get(name))
        if score is not None and score >= judge.check.threshold.flag:
            return None
        if score is not None and score < judge.clears and policy.may_lift(name, finding):
            lifted = lifted or Lifted(finding, name, score, judge.clears)
    return lifted


def _score_of(category: Category, answer: Answer | None) -> float | None:
    """What a judge scored this category; None where it was not asked about it or has not judged all of it."""
    if not isinstance(answer, CheckedText) or answer.not_checked is not None:
        return None
    return max((float(one.score) for one in answer.signals if one.category == category), default=None)


def _redactions(findings: Iterable[Finding]) -> tuple[Redaction, ...]:
    taken_out = (one for one in findings if one.action is Action.REDACT)
    return merged(Redaction(span.start, span.end, one.kind) for one in taken_out for span in one.spans)


def _rank(found: _Found, policy: Policy) -> tuple[int, bool, float, int]:
    """The gravest action first; then a clause that a check knows before one that follows from a category."""
    one = found.finding
    severity = policy.clause(one.clause).severity
    return -ACTIONS.index(one.action), not found.is_named, -one.score, -severity


def _on_failure(name: str, answer: Answer, policy: Policy) -> Action:
    if isinstance(answer, Failed):
        return policy.on_error(name)
    return Action.ALLOW if answer.not_checked is None else policy.on_not_checked(name)


def _outcome(answer: Answer, found: list[_Found]) -> Outcome:
    if isinstance(answer, Failed):
        return Outcome.ERROR
    if any(one.finding.action.withholds for one in found):
        return Outcome.BLOCK
    if answer.not_checked is not None:
        return Outcome.NOT_CHECKED
    return Outcome.FLAG if found else Outcome.PASS


def _categories(answers: Iterable[Answer]) -> dict[Category, float]:
    scores: dict[Category, float] = dict.fromkeys(CATEGORIES, 0.0)
    for answer in answers:
        for signal in answer.signals if isinstance(answer, CheckedText) else ():
            if signal.kind is not None:
                continue  # how sure a find is says nothing of how likely harm is
            scores[signal.category] = max(scores[signal.category], float(signal.score))
    return scores
