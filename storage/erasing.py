"""What is gone for good: erased in the database, noted in the ledger, and erased again after a restore."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from storage import erasures, retention
from storage.erasures import Deletion, Ledger
from storage.transactions import Transactions


class Erasing:
    """Erases people and keeps the ledger; all raise StorageError."""

    def __init__(self, transactions: Transactions, outside: Sequence[Path]) -> None:
        """The folders `outside` hold the ledger's files."""
        self._read, self._write = transactions.read, transactions.write
        self._forget_deleted = transactions.forget_deleted
        self._ledger = Ledger(outside)

    def person(self, owner: str, *, by: str | None, with_account: bool) -> None:
        """Erase everything of a person, to the last byte that can be reached."""
        self._ledger.add([self._write(retention.erase_person, owner, by=by, with_account=with_account)])
        self._forget_deleted()

    def noted(self, deletions: Iterable[Deletion]) -> tuple[str, ...]:
        """Take conversations that were deleted just now into the ledger; gives their ids."""
        made = tuple(deletions)
        self._ledger.add(made)
        return tuple(deletion.id for deletion in made)

    def again(self) -> int:
        """Erase again what a restored backup brought back, and complete the ledger; how much that was."""
        files, inside = self._ledger.read(), self._read(erasures.noted)
        outside = {key: entry for known in files.values() for key, entry in known.items()}
        erased = self._write(retention.replay, outside) if outside.keys() - inside.keys() else 0
        if erased:
            self._forget_deleted()
        self._ledger.complete(files, (outside | inside).values())
        return erased
