"""The dearer judges of a Guard: who of them is asked about what, and how long a suspect waits for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from safety.breaker import Breaker
from safety.lanes import Lane
from safety.policy.types import JudgePolicy, Policy
from safety.redaction import redacted
from safety.types import Category, CheckedText, DearCheck, Text
from safety.weighing import Answer, Weighed, is_settled, weigh

PATIENCE = 20.0
"""Seconds that judges have for one text, their wait in line included."""
THREADS = 4
MOST_WAITING = 16
"""Suspects that wait for a judge; those that come then are refused at once, as its `error`."""
MOST_SUSPECTED = 3
"""Categories that a judge is asked about, the likeliest ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What each judge is asked, by its name, and the answers of those that need not even be asked."""

    texts: Mapping[str, Text]
    aside: Mapping[str, Answer]


NOBODY = Asked({}, {})


class Panel:
    """The judges, each in a lane of its own with a circuit breaker; `checked` is how the Guard asks one."""

    def __init__(
        self,
        judges: Sequence[DearCheck],
        checked: Callable[[DearCheck, Text], Answer],
        patience: float = PATIENCE,
    ) -> None:
        self.judges = {judge.name: judge for judge in judges}
        self.patience = patience
        self.lanes = {judge.name: _lane(judge, checked) for judge in judges}

    def about(self, text: Text, answers: Mapping[str, Answer], policy: Policy) -> Asked:
        """Who is asked about this text after these answers of cheap checks; nobody about most texts.

        Judges read a text only after what is to be taken out of it is out.
        """
        if not self.judges:
            return NOBODY
        weighed = weigh(answers, text.side, policy)
        if is_settled(weighed, policy):
            return NOBODY
        clean = replace(text, value=redacted(text.value, weighed.redactions), readings=())
        texts: dict[str, Text] = {}
        aside: dict[str, Answer] = {}
        for name, judge in self.judges.items():
            suspected = _suspected(weighed, judge, policy.judges[name])
            if suspected and not _reads(policy.judges[name], text):
                aside[name] = CheckedText(not_checked=f"The judge does not read the language {text.lang!r}.")
            elif suspected:
                texts[name] = replace(clean, suspected=suspected)
        return Asked(texts, aside)

    def close(self) -> None:
        """End the threads; safe to call twice."""
        for lane in self.lanes.values():
            lane.close()


def _lane(judge: DearCheck, checked: Callable[[DearCheck, Text], Answer]) -> Lane[Answer]:
    return Lane(
        judge.name,
        partial(checked, judge),
        threads=THREADS,
        most_waiting=MOST_WAITING,
        breaker=Breaker(judge.name),
    )


def _suspected(weighed: Weighed, judge: DearCheck, said: JudgePolicy) -> tuple[Category, ...]:
    low, high = said.asked
    within = (
        name
        for name, score in weighed.categories.items()
        if name in judge.categories and score > 0 and low <= score <= high
    )
    return tuple(sorted(within, key=lambda name: -weighed.categories[name])[:MOST_SUSPECTED])


def _reads(judge: JudgePolicy, text: Text) -> bool:
    language = text.lang.lower().split("-")[0] if text.lang else None
    return language is None or not judge.languages or language in judge.languages
