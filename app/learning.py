"""What labels say of the checks: thresholds that can be certified, and a Guard that obeys them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.repeating import repeating
from safety.certify import METHOD, Certificate, Draw, Goal, Shortfall, certify, lower_bound, shortfall
from safety.guard import Guard
from safety.policy import LearnedThreshold, LearnedThresholds
from safety.policy.types import Limits
from safety.types import Side
from storage.store import Store
from storage.types import (
    Audited,
    IllegalMove,
    Labelled,
    LabelledTexts,
    NewThreshold,
    Replayed,
    StorageError,
    Threshold,
    Trial,
)

GOAL = Goal(precision=0.90, risk=0.10)
AUDIT_RISK = 0.05
EVERY = 30.0
"""Seconds after which a threshold that another process switched on is obeyed here."""
log = logging.getLogger("bezel.learning")


@dataclass(frozen=True, slots=True)
class Key:
    """Which findings a threshold is about."""

    check: str
    clause: str
    side: Side


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a check under a clause: the policy's word, the labels, what people made of them."""

    key: Key
    limits: Limits
    texts: tuple[Labelled, ...]
    found: Certificate | Shortfall
    active: Threshold | None
    under_way: Threshold | None

    @property
    def acts_from(self) -> float:
        """The score from which findings are acted on now."""
        return (
            max(self.limits.threshold.flag, self.active.terms.value)
            if self.active
            else self.limits.threshold.block
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """What random audits say of all turns in which nothing was found."""

    audited: Audited
    at_most: float
    """The share of them that violates the policy is no more than this, except with the risk `AUDIT_RISK`."""


class Learning:
    """Reads what was decided, and hands what people switch on to the Guard; all raise StorageError."""

    def __init__(self, guard: Guard, store: Store) -> None:
        self._guard, self._store = guard, store

    def standings(self) -> tuple[Standing, ...]:
        """Every check and clause that has a label or a threshold, for the versions that run now."""
        labelled = {_key(one): one for one in self._labels() if self._runs(one.check, one.version)}
        live = self._live()
        keys = sorted({*labelled, *live}, key=lambda key: (key.check, key.clause, key.side))
        found = (self._standing(key, labelled.get(key), live.get(key, {})) for key in keys)
        return tuple(one for one in found if one is not None)

    def standing(self, key: Key) -> Standing:
        """That of these findings; raises StorageError where there is none."""
        for one in self.standings():
            if one.key == key:
                return one
        raise StorageError(f"Nothing is known yet of {key.check} under {key.clause}.")

    def missed(self) -> Missed:
        """What the audits found; one that is not decided counts as something missed."""
        audited = self._store.thresholds.audited(self._guard.policy.fingerprint)
        bad = audited.violations + audited.undecided
        return Missed(audited, 1 - lower_bound(audited.turns - bad, bad, AUDIT_RISK))

    def propose(self, moderator_id: str, key: Key) -> Threshold:
        """Propose the threshold that is certified now; raises IllegalMove where none is."""
        standing = self.standing(key)
        found = standing.found
        if not isinstance(found, Certificate):
            raise IllegalMove(f"There are not enough labels: {found.labels} so far, {found.needed} needed.")
        if standing.active and standing.active.terms.value == found.threshold:
            raise IllegalMove("This threshold is switched on already.")
        return self._store.thresholds.propose(moderator_id, self._terms(key, found))

    def replay(self, standing: Standing) -> tuple[Replayed, ...]:
        """The verdicts of 30 days that would differ under the threshold that is under way or certified."""
        terms = standing.under_way.terms if standing.under_way else None
        if terms is None and isinstance(standing.found, Certificate):
            terms = self._terms(standing.key, standing.found)
        return self._store.thresholds.replay(terms, standing.limits.action) if terms else ()

    def trial(self, standing: Standing) -> Trial:
        """What the threshold in shadow has seen so far."""
        return self._store.thresholds.trial(standing.under_way.id) if standing.under_way else Trial(0, 0)

    def bring_up_to_date(self) -> None:
        """Make the Guard judge by what is switched on now."""
        now = self._store.thresholds.in_force()
        self._guard.learn(
            LearnedThresholds(
                now.number,
                active=tuple(_learned(one) for one in now.active),
                tried=tuple(_learned(one) for one in now.tried),
            )
        )

    def _labels(self) -> tuple[LabelledTexts, ...]:
        return self._store.thresholds.labels(self._guard.policy.fingerprint)

    def _live(self) -> dict[Key, dict[str, Threshold]]:
        live: dict[Key, dict[str, Threshold]] = {}
        for one in self._store.thresholds.history():
            if one.status != "retired" and self._runs(one.terms.check, one.terms.version):
                live.setdefault(_key(one.terms), {})[one.status] = one
        return live

    def _runs(self, check: str, version: str) -> bool:
        return self._guard.versions.get(check) == version

    def _standing(
        self, key: Key, labelled: LabelledTexts | None, live: dict[str, Threshold]
    ) -> Standing | None:
        limits = self._guard.policy.learnable(key.check, key.clause, key.side)
        if limits is None:
            return None
        texts = labelled.texts if labelled else ()
        draws, floor = [Draw(one.score, one.is_right is True) for one in texts], limits.threshold.flag
        found = certify(draws, floor, GOAL) or shortfall(draws, floor, GOAL)
        return Standing(
            key, limits, texts, found, live.get("active"), live.get("shadow") or live.get("proposed")
        )

    def _terms(self, key: Key, found: Certificate) -> NewThreshold:
        return NewThreshold(
            check=key.check,
            version=self._guard.versions[key.check],
            clause=key.clause,
            side=key.side,
            value=found.threshold,
            target=GOAL.precision,
            risk=GOAL.risk,
            lower=found.lower,
            labels=found.labels,
            wrong=found.wrong,
            method=METHOD,
        )


@contextmanager
def kept_up_to_date(learning: Learning, every: float = EVERY) -> Iterator[None]:
    """Hand the Guard what is switched on, now and again every so many seconds: others may change it."""
    learning.bring_up_to_date()
    with repeating("learning", lambda: _keep(learning), every):
        yield


def _keep(learning: Learning) -> None:
    try:
        learning.bring_up_to_date()
    except StorageError as error:
        log.warning("the thresholds could not be read; the last ones stay in force: %s", error)


def _key(about: LabelledTexts | NewThreshold) -> Key:
    return Key(about.check, about.clause, about.side)


def _learned(one: Threshold) -> LearnedThreshold:
    terms = one.terms
    return LearnedThreshold(one.id, terms.check, terms.version, terms.clause, terms.side, terms.value)
