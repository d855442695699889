"""The policy: which clause is served by which checks, from which score on, and what follows."""

from safety.policy.reading import PROFILES, load_policy, policy_for
from safety.policy.types import CATEGORIES, LearnedThreshold, LearnedThresholds, Policy, Threshold, gravest

__all__ = [
    "CATEGORIES",
    "PROFILES",
    "LearnedThreshold",
    "LearnedThresholds",
    "Policy",
    "Threshold",
    "gravest",
    "load_policy",
    "policy_for",
]
