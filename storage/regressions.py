"""Texts that the gate or the model got wrong, redacted, of people who allow it: to be tried again."""

from collections.abc import Callable

from sqlalchemy import delete, select

from safety.types import Action, Side
from storage import audit, evidence, people, tables
from storage.columns import new_id
from storage.sealing import Sealed, seal, unseal
from storage.transactions import Transactions
from storage.types import RegressionPrompt
from storage.work import Work

_WITHHELD = (str(Action.BLOCK), str(Action.SUPPORT))
_WHAT = "regression prompt"


class Regressions:
    """The door to regression prompts and to who allows them; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def is_allowed(self, owner: str) -> bool:
        """Whether this person lets texts of theirs be kept for this; nobody does until they say so."""
        return self._read(is_allowed, owner)

    def allow(self, owner: str) -> None:
        """Note that they do, from now on and for what was decided before."""
        self._write(allow, owner)

    def forbid(self, owner: str) -> None:
        """Note that they do not, and destroy what was kept of theirs."""
        self._write(forbid, owner)

    def collect(self, redact: Callable[[str], str]) -> int:
        """Keep the texts of decided cases as `redact` leaves them, drop what is decided otherwise now.

        Gives how many are new. A model's failure is harm that was not stopped; a text that was withheld and
        violates nothing is none.
        """
        return self._write(collect, redact)

    def prompts(self) -> tuple[RegressionPrompt, ...]:
        """All that are kept, oldest first."""
        return self._read(prompts)


def is_allowed(work: Work, owner: str) -> bool:
    """Whether there is a consent."""
    return work.get(tables.RegressionConsent, owner) is not None


def allow(work: Work, owner: str) -> None:
    """Write a consent down."""
    people.ensure(work, owner)
    if not is_allowed(work, owner):
        work.add(tables.RegressionConsent(owner=owner, given_at=work.clock()))
        audit.record(
            work, work.keys.pseudonym(owner), "regression prompts allowed", work.keys.pseudonym(owner)
        )


def forbid(work: Work, owner: str) -> None:
    """Take a consent back."""
    if is_allowed(work, owner):
        for table in (tables.RegressionPrompt, tables.RegressionConsent):
            work.execute(delete(table).where(table.owner == owner))
        audit.record(
            work, work.keys.pseudonym(owner), "regression prompts forbidden", work.keys.pseudonym(owner)
        )


def collect(work: Work, redact: Callable[[str], str]) -> int:
    """One row a case."""
    case, kept = tables.ReviewCase, tables.RegressionPrompt
    _drop_overturned(work)
    cases = work.scalars(
        select(case)
        .join(tables.RegressionConsent, tables.RegressionConsent.owner == case.owner)
        .join(
            tables.Conversation,
            (tables.Conversation.owner == case.owner) & (tables.Conversation.id == case.conversation_id),
        )
        .outerjoin(kept, (kept.owner == case.owner) & (kept.case_id == case.id))
        .where(case.about_id.is_(None), case.state == "decided", kept.id.is_(None))
        .where(case.ruling.in_(("model_failure", "no_violation")))
        .order_by(case.id)
    )
    return sum(_keep(work, row, redact) for row in cases.all())


def prompts(work: Work) -> tuple[RegressionPrompt, ...]:
    """All rows, unsealed."""
    rows = work.scalars(select(tables.RegressionPrompt).order_by(tables.RegressionPrompt.id))
    return tuple(_prompt(work, row) for row in rows)


def of(work: Work, owner: str) -> tuple[RegressionPrompt, ...]:
    """What is kept of one person."""
    table = tables.RegressionPrompt
    rows = work.scalars(select(table).where(table.owner == owner).order_by(table.id))
    return tuple(_prompt(work, row) for row in rows)


def _drop_overturned(work: Work) -> None:
    case, kept = tables.ReviewCase, tables.RegressionPrompt
    for row, ruling in work.execute(select(kept, case.ruling).join(case, case.id == kept.case_id)):
        if ruling != ("model_failure" if row.is_harmful else "no_violation"):
            work.delete(row)
    work.flush()


def _keep(work: Work, case: tables.ReviewCase, redact: Callable[[str], str]) -> bool:
    content = evidence.unseal(work, case.id)
    is_harmful = case.ruling == "model_failure"
    flag = _deciding_flag(work, case, is_harmful=is_harmful)
    if content is None or not (is_harmful or flag):
        return False
    made = work.get(tables.Decision, case.decision_id) if case.decision_id else None
    subject = next(line for line in content.lines if line.is_subject)
    side: Side = "prompt" if subject.role == "user" else "response"
    row_id = new_id()
    kept = seal(work.keys, redact(subject.text).encode(), row_id)
    work.add(
        tables.RegressionPrompt(
            owner=case.owner,
            id=row_id,
            conversation_id=case.conversation_id,
            case_id=case.id,
            clause=made.clause if made and is_harmful else None,
            category=flag.category if flag and is_harmful else None,
            side=side,
            language=case.language,
            is_harmful=is_harmful,
            key_id=kept.key_id,
            wrapped_key=kept.wrapped_key,
            sealed=kept.sealed,
            created_at=work.clock(),
        )
    )
    work.flush()
    return True


def _deciding_flag(work: Work, case: tables.ReviewCase, *, is_harmful: bool) -> tables.Flag | None:
    """The surest finding: that was right about a failure, or that withheld a harmless text."""
    flag, made = tables.Flag, tables.Decision
    which = flag.case_id == case.id
    if is_harmful:
        which &= flag.clause == select(made.clause).where(made.id == case.decision_id).scalar_subquery()
    else:
        which &= flag.action.in_(_WITHHELD)
    return work.scalar(select(flag).where(which).order_by(flag.score.desc(), flag.id).limit(1))


def _prompt(work: Work, row: tables.RegressionPrompt) -> RegressionPrompt:
    kept = Sealed(row.key_id, row.wrapped_key, row.sealed)
    return RegressionPrompt(
        id=row.id,
        text=unseal(work.keys, kept, row.id, _WHAT).decode(),
        side=row.side,
        language=row.language,
        clause=row.clause,
        category=row.category,
        is_harmful=row.is_harmful,
        created_at=row.created_at,
    )
