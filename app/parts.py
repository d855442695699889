"""The parts of a running Bezel, joined once in build.py and handed to pages and commands."""

from dataclasses import dataclass

from app.crisis import CrisisLines
from app.identity import Identity
from app.terms import Terms
from app.turn import Turns
from model.types import ChatModel
from safety.guard import Guard
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """One of each: who answers, who judges, who remembers, who is asking."""

    model: ChatModel
    guard: Guard
    store: Store
    turns: Turns
    identity: Identity
    terms: Terms
    crisis: CrisisLines
