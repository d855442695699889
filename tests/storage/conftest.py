from datetime import timedelta

import pytest

from safety.types import Action, Finding, Outcome, Span, Verdict
from storage.columns import now
from storage.store import Store

EVIDENCE_KEY = b"a key for evidence, 32 bytes lng"
AUDIT_KEY = b"a key for the audit log 32 bytes"


class Clock:
    """A clock that stands where a test puts it, always in the future of the real one."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return now() + self.ahead

    def move(self, **by):
        self.ahead += timedelta(**by)


class Chat:
    """Turns as the app makes them, shortened for tests."""

    def __init__(self, store):
        self.store = store

    def prompt(self, owner, text="Good morning", *, conversation_id=None, **verdict):
        conversation_id = conversation_id or self.store.start_conversation(owner).id
        saved = self.store.save_prompt(owner, conversation_id, text)
        return self.store.record_prompt(owner, saved.id, judged(**verdict))

    def streaming(self, owner, text="Good morning", *, conversation_id=None):
        prompt = self.prompt(owner, text, conversation_id=conversation_id)
        return self.store.start_reply(
            owner, prompt.id, checkpoint="bezel-demo@1", settings={"temperature": 0.0}
        )

    def reply(self, owner, text="Good day", *, prompt="Good morning", conversation_id=None, **verdict):
        begun = self.streaming(owner, prompt, conversation_id=conversation_id)
        return self.store.end_reply(
            owner, begun.id, state="complete", text=text, end_reason="end", verdict=judged(**verdict)
        )

    def withheld(self, owner, *, shown="The first step", generated="The first step is bad", **verdict):
        begun = self.streaming(owner)
        return self.store.end_reply(
            owner,
            begun.id,
            state="withheld",
            text=shown,
            end_reason="withheld",
            verdict=judged(Action.BLOCK, **verdict),
            generated=generated,
        )


def judged(action=Action.ALLOW, *, clause="PUP-2.e.iii", check="rules", failed=False):
    """A verdict that the one check named here led to."""
    found = Finding(
        clause=clause,
        category="harassment",
        check=check,
        score=0.9,
        threshold=0.5,
        action=action,
        spans=(Span(0, 4),),
    )
    is_found = action is not Action.ALLOW and not failed
    outcome = Outcome.ERROR if failed else Outcome.BLOCK if is_found else Outcome.PASS
    return Verdict(
        action=action,
        score=0.9 if is_found else 0.0,
        categories={"harassment": 0.9 if is_found else 0.0},
        findings=(found,) if is_found else (),
        checks={check: outcome},
        policy="pup-2026.11/standard/n1",
        versions={check: "1"},
    )


@pytest.fixture
def verdict():
    return judged


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def database(tmp_path):
    return tmp_path / "bezel.db"


@pytest.fixture
def opened(database, clock):
    """Open a store on the test's database, again if need be, and close it at the end."""
    stores = []

    def open_store(path=database, *, evidence_key=EVIDENCE_KEY, audit_key=AUDIT_KEY):
        url = f"sqlite:///{path}"
        stores.append(Store.open(url, evidence_key=evidence_key, audit_key=audit_key, clock=clock))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def store(opened):
    return opened()


@pytest.fixture
def chat(store):
    return Chat(store)


@pytest.fixture
def ann():
    return "visitor-ann"


@pytest.fixture
def bob():
    return "visitor-bob"


@pytest.fixture
def moderator(store):
    return store.moderators.add("Opal", "not a real hash").id


@pytest.fixture
def colleague(store):
    return store.moderators.add("Garnet", "not a real hash").id


@pytest.fixture
def rule(store):
    """Claim a case and decide it."""

    def rule_on(case_id, moderator_id, ruling, *, clause=None, note="for colleagues", public_note="for you"):
        claimed = store.desk.claim(case_id, moderator_id)
        return store.desk.decide(
            case_id,
            moderator_id,
            ruling=ruling,
            clause=clause or ("PUP-2.e.iii" if ruling == "violates" else None),
            note=note,
            public_note=public_note,
            row_version=claimed.row_version,
        )

    return rule_on
