"""What a case holds, as rows and spans for components that show text and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wording import deciding as ruled
from app.wording import desk, judging
from app.wording.reasons import reason
from safety.types import Clause
from storage.titles import is_title
from storage.types import (
    Case,
    CaseSummary,
    Decision,
    EvidenceLine,
    Moderator,
    Prior,
    PriorityPart,
    Report,
)

QUEUE_COLUMNS = ["Severity", "Clause", "Found by", "Reports", "Waiting since", "State", "Case"]
CONTEXT_COLUMNS = ["Who", "Text"]
CHECK_COLUMNS = ["Check", "Outcome", "Clause", "Score"]
PRIORITY_COLUMNS = ["What", "Score", "Weight", "Learned from"]
PRIOR_COLUMNS = ["When", "Case", "Ruling", "What followed"]
REPORT_COLUMNS = ["When", "What", "Reason", "Note"]
DECISION_COLUMNS = ["When", "Who", "Ruling", "Private note", "Public note"]
REFERENCE_CHARACTERS = 8

Clauses = Mapping[str, Clause]
Piece = tuple[str, str | float | None]
"""A piece of text and its label; a highlighted text has room for a number too."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and by which names: the policy's clauses by id, the moderators' names by id."""

    me: Moderator
    clauses: Clauses
    names: Mapping[str, str]
    colleagues: Mapping[str, str]
    """The names of those whose accounts have not ended."""

    def name(self, moderator_id: str | None) -> str:
        """A moderator's name."""
        return self.names.get(moderator_id or "", desk.UNKNOWN)


def reference(case_id: str) -> str:
    """The end of a case's id: short enough to say, and the random part of a UUIDv7."""
    return case_id[-REFERENCE_CHARACTERS:]


def clock(at: datetime) -> str:
    """A time of day."""
    return f"{at:%H:%M} UTC"


def queue_row(case: CaseSummary, reader: Reader) -> list[str]:
    """A row of the queue."""
    nobody = desk.hidden_clause() if case.is_blind else desk.found_by_nobody()
    found_by = ", ".join(desk.source(name) for name in case.sources) or nobody
    return [
        desk.severity(case.severity),
        desk.hidden_clause()
        if case.is_blind and case.clause is None
        else clause_name(case.clause, reader.clauses),
        found_by,
        str(case.reports),
        desk.since(f"{case.opened_at:%Y-%m-%d %H:%M}", is_overdue=case.is_overdue),
        "\n".join(filter(None, (state(case, reader), case.hold_reason))),
        reference(case.id),
    ]


def clause_name(clause_id: str | None, clauses: Clauses) -> str:
    """A clause's id and title, as far as the policy in force knows it."""
    if clause_id is None:
        return desk.no_clause()
    known = clauses.get(clause_id)
    return f"{clause_id} {known.title}" if known else clause_id


def state(case: CaseSummary, reader: Reader) -> str:
    """The state of a case, with who holds it and until when."""
    kind = desk.case_kind(case.kind)
    if case.state != "claimed" or case.claim_expires_at is None:
        return kind + (desk.waits_for(case.waits_for) if case.waits_for else desk.state(case.state))
    until = clock(case.claim_expires_at)
    held = (
        desk.yours(until)
        if case.claimed_by == reader.me.id
        else desk.held(reader.name(case.claimed_by), until)
    )
    return kind + held


def subject(case: Case) -> EvidenceLine | None:
    """The message that the case is about; None where the evidence has been erased."""
    return next((line for line in case.evidence if line.is_subject), None)


def highlighted(text: str, verdicts: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """The text in pieces, each with the checks that marked it, or None; together they are the whole text.

    Spans are code points of the original text; those of an earlier, longer text are cut to this one.
    """
    marks: list[tuple[int, int, str]] = []
    for verdict in verdicts:
        for finding in verdict.get("findings", ()):
            label = f"{finding['check']} {finding['score']:.2f}"
            marks += [(start, min(end, len(text)), label) for start, end in finding["spans"]]
    edges = sorted({0, len(text)} | {edge for start, end, _ in marks if start < end for edge in (start, end)})
    pieces: list[Piece] = []
    for start, end in zip(edges, edges[1:], strict=False):
        over = sorted({label for first, last, label in marks if first <= start and end <= last})
        pieces.append((text[start:end], " + ".join(over) or None))
    return pieces or [(text, None)]


def who(line: EvidenceLine) -> str:
    """What a line is: a prompt, a reply, or the title that somebody gave to the conversation."""
    return desk.kind("title" if is_title(line.message_id) else line.role)


def context_rows(case: Case) -> list[list[str]]:
    """The messages around the one in question, oldest first; that one is named in its place."""
    return [
        [
            f"{who(line).capitalize()}\n{line.state}",
            desk.the_message_above() if line.is_subject else line.text,
        ]
        for line in case.evidence
    ]


def check_rows(verdicts: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """How each check ended, with every finding that the policy acted on or that a judge took back."""
    rows = []
    for verdict in verdicts:
        for name, outcome in verdict.get("checks", {}).items():
            found = [
                [name, outcome, one["clause"], f"{one['score']:.2f} ≥ {one['threshold']:.2f}"]
                for one in verdict.get("findings", ())
                if one["check"] == name
            ]
            found += [
                [
                    name,
                    judging.taken_back(one["lifted_by"]),
                    one["clause"],
                    f"{one['judged']:.2f} < {one['below']:.2f}",
                ]
                for one in verdict.get("lifted", ())
                if one["check"] == name
            ]
            rows += found or [[name, outcome.replace("_", " "), "", ""]]
    return rows


def report_rows(reports: Iterable[Report], *, is_masked: bool) -> list[list[str]]:
    """What people said about the message; their words stay hidden as long as its text does."""
    return [
        [
            f"{report.created_at:%Y-%m-%d %H:%M}",
            desk.report_kind(report.kind),
            reason(report.reason),
            desk.hidden_note() if is_masked and report.note else report.note,
        ]
        for report in reports
    ]


def decision_rows(decisions: Iterable[Decision], reader: Reader) -> list[list[str]]:
    """Earlier rulings on the case, oldest first."""
    return [
        [
            f"{made.decided_at:%Y-%m-%d %H:%M}",
            reader.name(made.moderator),
            ruled.decided_as(ruled.ruling(made.ruling), made.clause, ruled.action(made.action, made.days)),
            made.note,
            made.public_note,
        ]
        for made in decisions
    ]


def priority_rows(parts: Iterable[PriorityPart]) -> list[list[str]]:
    """Why a case stands where it does in the queue."""
    return [
        [
            desk.source(part.source),
            f"{part.score:.2f}",
            f"× {part.weight:.2f}",
            desk.learned_from(part.based_on),
        ]
        for part in parts
    ]


def prior_rows(priors: Iterable[Prior]) -> list[list[str]]:
    """What was decided about the same text before."""
    return [
        [
            f"{prior.decided_at:%Y-%m-%d %H:%M}",
            reference(prior.case_id),
            " ".join(filter(None, (ruled.ruling(prior.ruling), prior.clause))),
            ruled.action(prior.action),
        ]
        for prior in priors
    ]
