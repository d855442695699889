"""The Guard: every check on every text, what the policy makes of it, and a gate that fails closed."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from typing import TypeVar

from safety import normalise
from safety.checks.classifier import Classifier
from safety.checks.language import language_of
from safety.checks.rules import Rules
from safety.lanes import Failed, Lane
from safety.policy import Policy, load_policy
from safety.types import Action, Check, Clause, SafetyError, Text, Verdict
from safety.weighing import Answer, examined, weigh

T = TypeVar("T")

DEADLINE = 5.0
"""Seconds that a check has for one text, its wait in line included."""

_LANGUAGE = "language"


class Guard:
    """Judges texts with the checks that the policy names; safe to use from many threads and tasks at once.

    A check that raises, runs past `deadline` seconds or answers with nonsense ends as `error`.
    """

    def __init__(self, checks: Sequence[Check], policy: Policy, *, deadline: float = DEADLINE) -> None:
        """Raises SafetyError unless `checks` are exactly those that the policy names."""
        _require_same(checks, policy)
        _require_redactable(checks, policy)
        self.policy = policy
        self._deadline = deadline
        self._versions = {check.name: check.version for check in checks} | {"policy": policy.fingerprint}
        self._lanes = {check.name: Lane(check.name, partial(self._checked, check)) for check in checks}
        self._language = Lane(_LANGUAGE, lambda text: language_of(text.value))
        language_of("Its tables are read now, outside the first text's deadline.")

    @property
    def live_checks(self) -> tuple[str, ...]:
        """The names of the checks that run."""
        return tuple(self._lanes)

    def clause(self, clause_id: str) -> Clause:
        """The clause of this id; SafetyError where the policy has none."""
        return next(one for one in self.clauses() if one.id == self.policy.clause(clause_id).id)

    def clauses(self) -> tuple[Clause, ...]:
        """Every clause of the policy, those that no check serves marked as not covered."""
        return self.policy.listed()

    async def judge(self, text: Text) -> Verdict:
        """The verdict on one text; it never raises for what a text holds or a check does."""
        started = time.perf_counter()
        found = {} if text.lang else await self._answers({_LANGUAGE: self._language}, text)
        text, failures = _with_language(text, found)
        return self._verdict(text, {**await self._answers(self._lanes, text), **failures}, started)

    def judge_now(self, text: Text) -> Verdict:
        """The same verdict, for code that is not async."""
        started = time.perf_counter()
        found = {} if text.lang else self._answers_now({_LANGUAGE: self._language}, text)
        text, failures = _with_language(text, found)
        return self._verdict(text, {**self._answers_now(self._lanes, text), **failures}, started)

    def close(self) -> None:
        """End the threads; a text judged later is withheld, as no check looks at it. Safe to call twice."""
        self._language.close()
        for lane in self._lanes.values():
            lane.close()

    def _checked(self, check: Check, text: Text) -> Answer:
        return examined(check.check(text), text, self.policy)

    async def _answers(self, lanes: dict[str, Lane[T]], text: Text) -> dict[str, T | Failed]:
        jobs = {name: lane.submit(text) for name, lane in lanes.items()}
        waiting = [asyncio.wrap_future(job.future) for job in jobs.values()]
        try:
            await asyncio.wait(waiting, timeout=self._deadline)
            return {name: lanes[name].collect(job) for name, job in jobs.items()}
        finally:
            # An answer that comes too late must find nobody, least of all a loop that has ended.
            for one in waiting:
                one.cancel()

    def _answers_now(self, lanes: dict[str, Lane[T]], text: Text) -> dict[str, T | Failed]:
        jobs = {name: lane.submit(text) for name, lane in lanes.items()}
        wait([job.future for job in jobs.values()], timeout=self._deadline)
        return {name: lanes[name].collect(job) for name, job in jobs.items()}

    def _verdict(self, text: Text, answers: dict[str, Answer], started: float) -> Verdict:
        weighed = weigh(answers, text.side, self.policy)
        return Verdict(
            action=weighed.action,
            score=weighed.score,
            categories=weighed.categories,
            findings=weighed.findings,
            checks=weighed.checks,
            policy=f"{self.policy.version}/{self.policy.profile}/{normalise.VERSION}",
            versions=self._versions,
            lang=text.lang,
            ms=(time.perf_counter() - started) * 1000,
        )


def default_guard(profile: str = "standard") -> Guard:
    """The Guard with all that ships: the policy under this profile, the rules and the classifier."""
    return Guard([Rules(), Classifier()], load_policy(profile))


def _with_language(text: Text, found: Mapping[str, str | Failed | None]) -> tuple[Text, Mapping[str, Failed]]:
    """The text with the language that was found, and the failure where finding it failed."""
    language = found.get(_LANGUAGE, text.lang)
    if isinstance(language, Failed):
        return text, {_LANGUAGE: language}
    return replace(text, lang=language), {}


def _require_same(checks: Sequence[Check], policy: Policy) -> None:
    handed_in = [check.name for check in checks]
    if sorted(handed_in) != sorted(policy.checks) or not handed_in:
        raise SafetyError(
            f"The checks handed in are {', '.join(handed_in) or 'none'}; they must be exactly those that the "
            f"policy names, each once: {', '.join(policy.checks) or 'at least one'}."
        )


def _require_redactable(checks: Sequence[Check], policy: Policy) -> None:
    """Refuse `redact` for a check that does not promise spans of what to replace (`redacts = True`)."""
    for check in checks:
        served = policy.served_by(check.name)
        asked = [clause.id for clause in served if Action.REDACT in clause.actions_of(check.name)]
        if asked and not getattr(check, "redacts", False):
            raise SafetyError(
                f"{asked[0]} says 'redact', but the check {check.name!r} gives no spans to replace; "
                f"its action must be allow, flag, block or support."
            )
