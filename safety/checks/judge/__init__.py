"""The dearer judges, each over a model that it is handed or reads itself; asked about suspects alone."""

from safety.checks.judge.clauses import ClauseJudge
from safety.checks.judge.labels import LabelJudge
from safety.checks.judge.scorer import Part, Prompt, Scorer, TooLong
from safety.checks.judge.shieldgemma import ShieldGemma

__all__ = ["ClauseJudge", "LabelJudge", "Part", "Prompt", "Scorer", "ShieldGemma", "TooLong"]
