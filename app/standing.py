"""Whether somebody may write at all: they accepted the terms in force, and nobody has suspended them."""

import asyncio

from app.admits import Seen, TurnRefused
from app.wording import sanctions
from storage.store import Store


async def require_standing(store: Store, owner: str, terms: str | None, seen: Seen) -> None:
    """Raise TurnRefused where this person has to accept these terms first, or is suspended for now.

    `terms` is None on the host's own command line, where there are none.
    """
    if terms is not None and await asyncio.to_thread(store.terms_accepted, owner) != terms:
        raise TurnRefused("Please read and accept the terms first.")
    found = await asyncio.to_thread(store.sanctions.of, owner, seen.address or None)
    if found is None:
        return
    if found.statement is None:
        raise TurnRefused(sanctions.suspended_nearby(seen.language, found.until))
    raise TurnRefused(sanctions.suspended(seen.language, found.until))
