"""The parts of a running Bezel, joined once in build.py and handed to pages and commands."""

from dataclasses import dataclass, field

from app.crisis import CrisisLines
from app.identity import Identity
from app.limits import Admission
from app.metrics import Metrics
from app.terms import Terms
from app.turn import Turns
from model.starting import StartingModel
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
    metrics: Metrics = field(default_factory=Metrics)
    admission: Admission = field(default_factory=Admission)
    starting: StartingModel | None = None
    """The model as one that may still be loading; None where it was there from the start."""
