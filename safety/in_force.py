"""The policy as it is in force now: with the thresholds that people switched on, and those only tried."""

from collections.abc import Mapping
from dataclasses import dataclass

from safety import normalise
from safety.policy.types import LearnedThreshold, LearnedThresholds, Policy
from safety.types import Action
from safety.weighing import Answer, Weighed, weigh


@dataclass(frozen=True, slots=True)
class Tried:
    """A threshold that is only tried, and the policy as it would be with it."""

    threshold: LearnedThreshold
    policy: Policy


@dataclass(frozen=True, slots=True)
class InForce:
    """What one verdict is made by, from beginning to end, also where thresholds change meanwhile."""

    policy: Policy
    name: str
    """Policy, profile, normaliser and, once people have changed a threshold, how often they did."""
    tried: tuple[Tried, ...] = ()

    def shadow(self, answers: Mapping[str, Answer], weighed: Weighed, side: str) -> dict[str, Action]:
        """What each tried threshold would have had done, where that is something else."""
        would = {
            one.threshold.id: weigh(answers, one.threshold.side, one.policy).action
            for one in self.tried
            if one.threshold.side == side
        }
        return {name: action for name, action in would.items() if action is not weighed.action}


def in_force(policy: Policy, learned: LearnedThresholds, versions: Mapping[str, str]) -> InForce:
    """The policy with these thresholds, less those for other versions of a check than run here."""
    name = f"{policy.version}/{policy.profile}/{normalise.VERSION}"
    name += f"+t{learned.number}" if learned.number else ""
    own = policy.with_learned(one for one in learned.active if _fits(one, policy, versions))
    tried = (one for one in learned.tried if _fits(one, policy, versions))
    return InForce(own, name, tuple(Tried(one, own.with_learned([one])) for one in tried))


def _fits(threshold: LearnedThreshold, policy: Policy, versions: Mapping[str, str]) -> bool:
    return versions.get(threshold.check) == threshold.version and threshold.clause in policy.clauses
