"""From which score on a check is right about a clause, and how surely: a threshold with a guarantee.

Learn-then-Test (Angelopoulos et al., arXiv 2110.01052) over a few thresholds that are fixed before any label,
from the strictest down. What has to hold so that "precision of 0.90 or more" is wrong in at most one of ten
cases, and how it is made to hold:

- *The texts are a sample.* A queue that puts the gravest first is none, so only texts that were drawn at
  random count, each with the same known probability among all that the check flagged under this clause.
  Texts drawn with unequal probabilities would need weights, which cost more labels than they bring; an audit
  of what was not flagged lies below every threshold here and says what the check misses instead.
- *Nothing is left out for what it is.* What nobody is sure about counts as wrong, and so does what is still
  undecided; the caller may leave out the newest texts, whether decided or not.
- *People look at any time.* An exact binomial test holds for one look; who looks after every few labels until
  it passes is misled nearly three times as often (benchmarks/certification.py). So the test is a likelihood
  ratio against the uniform mixture of all better precisions: a supermartingale wherever the precision is not
  reached, which by Ville's inequality ever exceeds 1/risk in at most that share of cases.
- *Several thresholds are tried.* The risk is split evenly over them; one that passes hands its share down to
  the next (the fallback procedure, Wiens and Dmitrienko 2005), which holds however dependent the tests are.

The claim is about the time in which the texts were drawn and the version of the check that scored them: other
weights begin anew, and what people write may change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

STEPS = 4
METHOD = f"learn-then-test, mixture likelihood ratio, fallback over {STEPS} thresholds"
_HALVINGS = 50
_NEGLIGIBLE = 1e-18


@dataclass(frozen=True, slots=True)
class Draw:
    """A text that was drawn at random: the check's score, and whether a person found it right."""

    score: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """The precision that is wanted, and the probability that claiming it may be wrong."""

    precision: float = 0.90
    risk: float = 0.10


@dataclass(frozen=True, slots=True)
class Certificate:
    """From `threshold` on the check has the precision that was wanted, except with the risk of the goal."""

    threshold: float
    lower: float
    """What the precision is at least at every threshold tried: a bound of its own, with the same risk."""
    labels: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """No threshold passes: so many labels count, and so many would be needed if all others were right."""

    labels: int
    needed: int


@dataclass(frozen=True, slots=True)
class _Count:
    threshold: float
    right: int
    wrong: int


def grid(floor: float) -> tuple[float, ...]:
    """The thresholds that are tried, strictest first; the last is `floor`, from which texts are flagged."""
    if not 0 <= floor < 1:
        raise ValueError(f"The floor is {floor}; it must be from 0 to less than 1.")
    return tuple(round(floor + (1 - floor) * step / STEPS, 4) for step in reversed(range(STEPS)))


def certify(draws: Sequence[Draw], floor: float, goal: Goal = Goal()) -> Certificate | None:
    """The lowest threshold that has the wanted precision, or None where no labels say so.

    `floor` is the lowest score at which every text could have been drawn.
    """
    counts = _counts(draws, grid(floor))
    passed = [count for count, risk in _tested(counts, goal) if _passes(count, goal, risk)]
    if not passed:
        return None
    lowest = passed[-1]
    lower = lower_bound(lowest.right, lowest.wrong, goal.risk / STEPS)
    return Certificate(lowest.threshold, lower, lowest.right + lowest.wrong, lowest.wrong)


def shortfall(draws: Sequence[Draw], floor: float, goal: Goal = Goal()) -> Shortfall:
    """How many labels are missing, for the threshold that wants the fewest more."""
    counts = _counts(draws, grid(floor))
    wanted = [(_needed(count, goal, goal.risk / STEPS), count.right + count.wrong) for count in counts]
    needed, labels = min(wanted, key=lambda pair: (pair[0] - pair[1], -pair[1]))
    return Shortfall(labels, needed)


def likelihood_ratio(right: int, wrong: int, precision: float) -> float:
    """How much likelier these labels are under the mixture of all precisions above this one than under it.

    The mean over q, uniform from `precision` p to 1, of (q/p)^right ((1-q)/(1-p))^wrong, as the sum of
    its binomial series: every term is positive, so nothing cancels, and leaving out the last errs safely.
    """
    term, total = 1 / (wrong + 1), 0.0
    for step in range(right + 1):
        total += term
        if term < total * _NEGLIGIBLE:
            break
        term *= (right - step) / (wrong + 2 + step) * (1 - precision) / precision
    return total


def lower_bound(right: int, wrong: int, risk: float) -> float:
    """The share of right ones is at least this, except with this risk, however often somebody looks."""
    low, high = 0.0, right / (right + wrong + 1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle > 0 and likelihood_ratio(right, wrong, middle) * risk < 1:
            high = middle
        else:
            low = middle
    return low


def _counts(draws: Sequence[Draw], thresholds: Sequence[float]) -> list[_Count]:
    above = [[draw.is_right for draw in draws if draw.score >= threshold] for threshold in thresholds]
    return [
        _Count(threshold, sum(found), len(found) - sum(found))
        for threshold, found in zip(thresholds, above, strict=True)
    ]


def _tested(counts: Sequence[_Count], goal: Goal) -> Iterator[tuple[_Count, float]]:
    """Each threshold with the risk it may be tested at: its own share and what the stricter hand down."""
    handed_down = 0.0
    for count in counts:
        risk = handed_down + goal.risk / STEPS
        yield count, risk
        handed_down = risk if _passes(count, goal, risk) else 0.0


def _passes(count: _Count, goal: Goal, risk: float) -> bool:
    return likelihood_ratio(count.right, count.wrong, goal.precision) * risk >= 1


def _needed(count: _Count, goal: Goal, risk: float) -> int:
    """How many labels in all would do, if no more of them were wrong."""
    low, high = count.right, count.right + 1
    while likelihood_ratio(high, count.wrong, goal.precision) * risk < 1:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if likelihood_ratio(middle, count.wrong, goal.precision) * risk >= 1:
            high = middle
        else:
            low = middle + 1
    return low + count.wrong
