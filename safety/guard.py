"""The Guard: every check on every text, what the policy makes of it, and a gate that fails closed."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
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
from safety.panel import PATIENCE, Panel
from safety.policy import LearnedThresholds, Policy, load_policy
from safety.policy.host import extended, read_host_policy
from safety.types import Action, Check, Clause, DearCheck, SafetyError, Text, Verdict
from safety.weighing import Answer, examined, weigh

T = TypeVar("T")

DEADLINE = 5.0
"""Seconds that a check has for one text, its wait in line included."""

_READING = "reading"


class Guard:
    """Judges texts with the checks that the policy names; safe to use from many threads and tasks at once.

    A check that raises, runs past `deadline` seconds or answers with nonsense ends as `error`, and so does a
    dearer judge that a suspect waits for longer than `patience` seconds.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        policy: Policy,
        *,
        judges: Sequence[DearCheck] = (),
        deadline: float = DEADLINE,
        patience: float = PATIENCE,
    ) -> None:
        """Raises SafetyError unless `checks` are those that the policy names, and it knows the judges."""
        _require_same(checks, policy)
        _require_redactable(checks, policy)
        self.policy = policy.with_judges(judge.name for judge in judges)
        self._deadline = deadline
        self._checks = tuple(checks)
        self._panel = Panel(judges, self._asked, patience)
        self._in_force = in_force(self.policy, LearnedThresholds(), self.versions)
        self._lanes = {check.name: Lane(check.name, partial(self._checked, check)) for check in checks}
        self._reading = Lane(_READING, _read)
        load_letters()
        language_of("Its tables are read now, outside the first text's deadline.")

    @property
    def live_checks(self) -> tuple[str, ...]:
        """The names of the checks that run, dearer judges last."""
        return (*self._lanes, *self._panel.lanes)

    @property
    def tiers(self) -> Mapping[str, tuple[str, ...]]:
        """By check, the parts in which it reads, of those that run in several."""
        parts = {check.name: tuple(getattr(check, "tiers", ())) for check in self._checks}
        return {name: its for name, its in parts.items() if len(its) > 1}

    def clause(self, clause_id: str) -> Clause:
        """The clause of this id; SafetyError where the policy has none."""
        return next(one for one in self.clauses() if one.id == self.policy.clause(clause_id).id)

    def clauses(self) -> tuple[Clause, ...]:
        """Every clause of the policy, those that no check serves marked as not covered."""
        return self.policy.listed()

    async def judge(self, text: Text) -> Verdict:
        """The verdict on one text; it never raises for what a text holds or a check does."""
        started = time.perf_counter()
        read = (await self._answers({_READING: self._reading}, {_READING: text}))[_READING]
        text, failures = (text, {_READING: read}) if isinstance(read, Failed) else (read, {})
        answers = {**await self._answers(self._lanes, dict.fromkeys(self._lanes, text)), **failures}
        asked = self._panel.about(text, answers, self._in_force.policy)
        judged = await self._answers(self._panel.lanes, asked.texts, self._panel.patience)
        return self._verdict(text, {**answers, **asked.aside, **judged}, started)

    def judge_now(self, text: Text) -> Verdict:
        """The same verdict, for code that is not async."""
        started = time.perf_counter()
        read = self._answers_now({_READING: self._reading}, {_READING: text})[_READING]
        text, failures = (text, {_READING: read}) if isinstance(read, Failed) else (read, {})
        answers = {**self._answers_now(self._lanes, dict.fromkeys(self._lanes, text)), **failures}
        asked = self._panel.about(text, answers, self._in_force.policy)
        judged = self._answers_now(self._panel.lanes, asked.texts, self._panel.patience)
        return self._verdict(text, {**answers, **asked.aside, **judged}, started)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of each check and judge that runs, and the fingerprint of the `policy`.

        That of a judge over a model which is still being loaded changes once that is there.
        """
        running = (*self._checks, *self._panel.judges.values())
        return {check.name: check.version for check in running} | {"policy": self.policy.fingerprint}

    def learn(self, thresholds: LearnedThresholds) -> None:
        """Judge by these thresholds from the next verdict on, instead of those handed in before."""
        self._in_force = in_force(self.policy, thresholds, self.versions)

    def close(self) -> None:
        """End the threads; a text judged later is withheld, as no check looks at it. Safe to call twice."""
        self._reading.close()
        self._panel.close()
        for lane in self._lanes.values():
            lane.close()

    def _asked(self, judge: DearCheck, text: Text) -> Answer:
        return self._checked(judge, _read(text))

    def _checked(self, check: Check, text: Text) -> Answer:
        answers = [examined(check.check(text), text, self.policy)]
        for reading in text.readings:
            clear = replace(text, value=reading.value, readings=())
            answers.append(placed(examined(check.check(clear), clear, self.policy), reading))
        return answers[0] if len(answers) == 1 else together(answers)

    async def _answers(
        self, lanes: Mapping[str, Lane[T]], texts: Mapping[str, Text], seconds: float | None = None
    ) -> dict[str, T | Failed]:
        """What each lane says of the text that is for it, within these seconds or the deadline."""
        jobs = {name: lanes[name].submit(text) for name, text in texts.items()}
        waiting = [asyncio.wrap_future(job.future) for job in jobs.values()]
        try:
            if waiting:
                await asyncio.wait(waiting, timeout=seconds or self._deadline)
            return {name: lanes[name].collect(job) for name, job in jobs.items()}
        finally:
            # An answer that comes too late must find nobody, least of all a loop that has ended.
            for one in waiting:
                one.cancel()

    def _answers_now(
        self, lanes: Mapping[str, Lane[T]], texts: Mapping[str, Text], seconds: float | None = None
    ) -> dict[str, T | Failed]:
        jobs = {name: lanes[name].submit(text) for name, text in texts.items()}
        wait([job.future for job in jobs.values()], timeout=seconds or self._deadline)
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
            versions=self.versions,
            lang=text.lang,
            ms=(time.perf_counter() - started) * 1000,
            redactions=weighed.redactions,
            side=text.side,
            shadow=now.shadow(answers, weighed, text.side),
            lifted=weighed.lifted,
        )


def default_guard(
    profile: str = "standard",
    policy_file: Path | None = None,
    *,
    judges: Callable[[Policy], Sequence[DearCheck]] = lambda policy: (),
    patience: float = PATIENCE,
) -> Guard:
    """The Guard with all that ships: the policy under this profile, and every check that it names.

    `policy_file` is a host's own part of the policy; SafetyError where it cannot be used. `judges` makes the
    dearer judges that a host has set up.
    """
    policy = load_policy(profile)
    checks: list[Check] = [Rules(), Identifiers(), Classifier(), Circumvention()]
    if policy_file is not None:
        host = read_host_policy(policy_file)
        policy = extended(policy, host)
        checks.append(HostLists(host, policy))
    return Guard(checks, policy, judges=judges(policy), patience=patience)


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
