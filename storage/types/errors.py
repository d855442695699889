"""What the storage room raises: each message is for a person."""


class StorageError(Exception):
    """The database cannot be used, or refused a change; the message is for a person."""


class NotFound(StorageError):
    """No such row for this owner: the same answer for another's row and for none."""


class IllegalMove(StorageError):
    """A change of state that the state machine does not know."""


class LeaseEnded(IllegalMove):
    """The ten minutes with a case are over."""


class CaseTaken(StorageError):
    """Another moderator holds the lease on this case."""


class StaleCase(StorageError):
    """The case changed since this form was opened."""


class Barred(StorageError):
    """This moderator may not act on this case: it is about them, or they have had their say on it."""
