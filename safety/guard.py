"""The Guard: every check on every text, what the policy makes of it, and a gate that fails closed."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from safety.checks.circumvention import Circumvention
from safety.checks.classifier import Classifier
from safety.checks.host import HostLists
from safety.checks.identifiers import Identifiers
from safety.checks.language import language_of
from safety.checks.rules import Rules
from safety.decoding import readings
from safety.in_force import in_force
from safety.lanes import Failed, Lane
from safety.letters import load_letters
from safety.normalise import normalise
from safety.overlaying import placed, together
from safety.policy import LearnedThresholds, Policy, load_policy
from safety.policy.host import extended, read_host_policy
from safety.types import Action, Check, Clause, SafetyError, Text, Verdict
from safety.weighing import Answer, examined, weigh

T = TypeVar("T")

DEADLINE = 5.0
"""Seconds that a check has for one text, its wait in line included."""

_READING = "reading"


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
        self._in_force = in_force(policy, LearnedThresholds(), self._versions)
        self._lanes = {check.name: Lane(check.name, partial(self._checked, check)) for check in checks}
        self._reading = Lane(_READING, _read)
        load_letters()
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
        read = (await self._answers({_READING: self._reading}, text))[_READING]
        text, failures = (text, {_READING: read}) if isinstance(read, Failed) else (read, {})
        return self._verdict(text, {**await self._answers(self._lanes, text), **failures}, started)

    def judge_now(self, text: Text) -> Verdict:
        """The same verdict, for code that is not async."""
        started = time.perf_counter()
        read = self._answers_now({_READING: self._reading}, text)[_READING]
        text, failures = (text, {_READING: read}) if isinstance(read, Failed) else (read, {})
        return self._verdict(text, {**self._answers_now(self._lanes, text), **failures}, started)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of each check that runs, and the fingerprint of the `policy`."""
        return self._versions

    def learn(self, thresholds: LearnedThresholds) -> None:
        """Judge by these thresholds from the next verdict on, instead of those handed in before."""
        self._in_force = in_force(self.policy, thresholds, self._versions)

    def close(self) -> None:
        """End the threads; a text judged later is withheld, as no check looks at it. Safe to call twice."""
        self._reading.close()
        for lane in self._lanes.values():
            lane.close()

    def _checked(self, check: Check, text: Text) -> Answer:
        answers = [examined(check.check(text), text, self.policy)]
        for reading in text.readings:
            clear = replace(text, value=reading.value, readings=())
            answers.append(placed(examined(check.check(clear), clear, self.policy), reading))
        return answers[0] if len(answers) == 1 else together(answers)

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
        now = self._in_force
        weighed = weigh(answers, text.side, now.policy)
        return Verdict(
            action=weighed.action,
            score=weighed.score,
            categories=weighed.categories,
            findings=weighed.findings,
            checks=weighed.checks,
            policy=now.name,
            versions=self._versions,
            lang=text.lang,
            ms=(time.perf_counter() - started) * 1000,
            redactions=weighed.redactions,
            side=text.side,
            shadow=now.shadow(answers, weighed, text.side),
        )


def default_guard(profile: str = "standard", policy_file: Path | None = None) -> Guard:
    """The Guard with all that ships: the policy under this profile, and every check that it names.

    `policy_file` is a host's own part of the policy; SafetyError where it cannot be used.
    """
    policy = load_policy(profile)
    checks: list[Check] = [Rules(), Identifiers(), Classifier(), Circumvention()]
    if policy_file is not None:
        host = read_host_policy(policy_file)
        policy = extended(policy, host)
        checks.append(HostLists(host, policy))
    return Guard(checks, policy)


def _read(text: Text) -> Text:
    """The text with what it says in code and, where nobody told it, the language that it is in by then."""
    found = readings(text.value)
    language = text.lang or language_of((found[-1] if found else normalise(text.value)).value)
    return replace(text, lang=language, readings=found)


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
