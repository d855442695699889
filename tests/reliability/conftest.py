"""What the tests of faults share: a store on disk, a real Guard over one check, and turns over any model."""

import pytest

from app.turn import Limits, Turns
from model.types import GenerationSettings
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import policy_for
from storage.store import Store

ANN = "ann"


@pytest.fixture
def database(tmp_path):
    return tmp_path / "bezel.sqlite"


@pytest.fixture
def store(database):
    opened = Store.open(f"sqlite:///{database}", evidence_key=b"e" * 32, audit_key=b"a" * 32)
    yield opened
    opened.close()


@pytest.fixture
def guard():
    made = Guard([Banned("zzz")], policy_for("banned"))
    yield made
    made.close()


@pytest.fixture
def turns_with(store, guard):
    """Turns over this model, judged by a Guard that blocks `zzz`, or by another."""

    def made(model, judge=guard):
        return Turns(model, judge, store, Limits(16_000, GenerationSettings(temperature=0.0), None))

    return made
