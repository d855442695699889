"""The Store's door to the moderators' accounts; each call is one transaction."""

from storage import moderators, standing
from storage.transactions import Transactions
from storage.types import Moderator, ModeratorRole


class Moderators:
    """The accounts of the desk; all raise StorageError."""

    def __init__(self, transactions: Transactions) -> None:
        self._read, self._write = transactions.read, transactions.write

    def add(self, name: str, password_hash: str, role: ModeratorRole = "moderator") -> Moderator:
        """Make an account; raises StorageError where the name is in use."""
        return self._write(moderators.add, name, password_hash, role)

    def by_name(self, name: str) -> Moderator | None:
        """The account of this name that has not ended."""
        return self._read(moderators.by_name, name)

    def by_id(self, moderator_id: str) -> Moderator | None:
        """The account, ended or not."""
        return self._read(moderators.by_id, moderator_id)

    def everyone(self) -> tuple[Moderator, ...]:
        """All accounts, oldest first."""
        return self._read(moderators.everyone)

    def end(self, name: str) -> None:
        """End an account and give back the cases it holds."""
        self._write(moderators.end, name)

    def change_password(self, name: str, password_hash: str) -> None:
        """Give an account another password; every sign-in of it ends."""
        self._write(moderators.change_password, name, password_hash)

    def sign_out_everywhere(self, moderator_id: str) -> None:
        """Raise the generation of an account, so that no sign-in of it counts any more."""
        self._write(moderators.sign_out_everywhere, moderator_id)

    def link(self, moderator_id: str, owner: str) -> None:
        """Note that a moderator is also this person who chats: they never rule on a case of their own."""
        self._write(standing.link, moderator_id, owner)
