"""Appeals: a person asks once for a decision to be looked at again, by somebody else."""

from typing import Literal

from sqlalchemy import select

from storage import audit, cases, decisions, people, statements, tables
from storage.columns import new_id, quoted, short
from storage.settling import Settling
from storage.transactions import Transactions
from storage.types import Appeal, IllegalMove, NotFound, Statement
from storage.work import Work

LONGEST_TEXT = 2000


class Appeals:
    """The Store's questions of the person whom a decision is about; all raise StorageError."""

    def __init__(self, transactions: Transactions, settling: Settling) -> None:
        self._read, self._write = transactions.read, transactions.write
        self._settle = settling.settle

    def statements(self, owner: str) -> tuple[Statement, ...]:
        """The reasons for every decision about their messages and reports, newest first."""
        self._settle()
        return self._read(statements.of_owner, owner)

    def statement(self, owner: str, decision_id: str) -> Statement:
        """The reasons for that one; raises NotFound."""
        self._settle()
        return self._read(_statement, owner, decision_id)

    def appeal(self, owner: str, decision_id: str, text: str) -> Appeal:
        """Ask for a decision to be made again, once; a second time gives the first. Raises IllegalMove."""
        self._settle()
        return self._write(_appeal, owner, decision_id, text)

    def of(self, owner: str) -> tuple[Appeal, ...]:
        """Their appeals and what came of them, newest first."""
        self._settle()
        return tuple(reversed(self._read(statements.appeals_of, owner).values()))


def _statement(work: Work, owner: str, decision_id: str) -> Statement:
    found = statements.of_decision(work, owner, decision_id)
    if found is None:
        raise NotFound(f"There is no decision {quoted(decision_id)}.")
    return found


def _appeal(work: Work, owner: str, decision_id: str, text: str) -> Appeal:
    made, about = _found(work, owner, decision_id)
    known = statements.appeals_of(work, owner, [decision_id])
    if known:
        return known[decision_id]
    text = short(text.strip(), "appeal", LONGEST_TEXT)
    if not text:
        raise IllegalMove("Say in a few words why this decision is wrong; whoever looks again will read it.")
    if not statements.can_be_appealed(about, made, at=work.clock()):
        raise IllegalMove(
            "This decision cannot be appealed: it is not in force, too old, or made on an appeal."
        )
    case = decisions.again(work, about, "appeal")
    row = tables.Appeal(
        id=new_id(),
        owner=owner,
        decision_id=made.id,
        case_id=case.id,
        side=_side(work, owner, about, made),
        created_at=work.clock(),
    )
    people.ensure(work, owner)
    work.add(row)
    work.flush()
    work.add(tables.AppealText(owner=owner, appeal_id=row.id, text=text))
    work.flush()
    audit.record(work, work.keys.pseudonym(owner), "decision appealed", made.id)
    return statements.appeals_of(work, owner, [decision_id])[decision_id]


def _found(work: Work, owner: str, decision_id: str) -> tuple[tables.Decision, tables.ReviewCase]:
    """The decision and the case about the message it is about, locked; raises NotFound for another's."""
    made = work.get(tables.Decision, decision_id)
    case = work.get(tables.ReviewCase, made.case_id) if made else None
    if made is None or case is None or case.owner != owner:
        raise NotFound(f"There is no decision {quoted(decision_id)}.")
    if case.kind == "appeal":
        raise IllegalMove("This decision was made on an appeal; it is final.")
    return made, cases.locked(work, case.about_id or case.id)


def _side(
    work: Work, owner: str, about: tables.ReviewCase, made: tables.Decision
) -> Literal["author", "reporter"]:
    report = tables.Report
    theirs = select(report.id).where(
        report.owner == owner, report.case_id == about.id, report.kind == "report"
    )
    is_reporter = made.ruling == "no_violation" and work.scalar(theirs.limit(1)) is not None
    return "reporter" if is_reporter else "author"
