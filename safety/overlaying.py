"""One answer from what a check found in a text as written and in each of its readings."""

from collections.abc import Sequence
from dataclasses import replace

from safety.lanes import Failed
from safety.types import CheckedText, Reading, Signal, Span
from safety.weighing import Answer


def placed(answer: Answer, reading: Reading) -> Answer:
    """What was found in a reading, its spans in the text as it was written."""
    if isinstance(answer, Failed):
        return answer
    signals = tuple(replace(signal, spans=_spans(signal, reading)) for signal in answer.signals)
    return replace(answer, signals=signals)


def together(answers: Sequence[Answer]) -> Answer:
    """All answers as one: of like signals the surest, and a failure or a text left aside outweighs a pass."""
    surest: dict[tuple[object, ...], Signal] = {}
    not_checked = None
    for answer in answers:
        if isinstance(answer, Failed):
            return answer
        not_checked = not_checked or answer.not_checked
        for signal in answer.signals:
            kind = (signal.category, signal.clause, signal.kind, signal.spans)
            if kind not in surest or surest[kind].score < signal.score:
                surest[kind] = signal
    return CheckedText(tuple(surest.values()), not_checked)


def _spans(signal: Signal, reading: Reading) -> tuple[Span, ...]:
    placed = (reading.span(span.start, span.end) for span in signal.spans if span.end > span.start)
    return tuple(dict.fromkeys(placed))
