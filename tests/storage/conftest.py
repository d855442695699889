import shutil
import sqlite3
from datetime import timedelta

import pytest

from benchmarks import postgresql
from safety.types import Action, Finding, Outcome, Span, Verdict
from storage.columns import now
from storage.opening import VERSION_TABLE
from storage.store import Store
from storage.types import DEFAULT_RULES

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


def pytest_generate_tests(metafunc):
    """Run each test of the store on both databases, but those marked with the name of one on that alone."""
    if "backend" in metafunc.fixturenames:
        both = ["sqlite", "postgresql"]
        of_one = [name for name in both if metafunc.definition.get_closest_marker(name)]
        metafunc.parametrize("backend", of_one or both, indirect=True)


@pytest.fixture
def backend(request):
    """Which database this test runs on."""
    return request.param


@pytest.fixture(scope="session")
def new_file(tmp_path_factory):
    """A SQLite file with today's schema and nothing in it; tests copy it."""
    path = tmp_path_factory.mktemp("new") / "bezel.db"
    Store.open(f"sqlite:///{path}", evidence_key=EVIDENCE_KEY, audit_key=AUDIT_KEY).close()
    return path


class Server:
    """A PostgreSQL for one run of the tests, with one database that is emptied after each."""

    def __init__(self):
        self.server = postgresql.PostgreSQL(is_durable=False)
        self.server.run("CREATE DATABASE new TEMPLATE template0")
        self.url = self.server.url("test")
        try:
            Store.open(self.server.url("new"), evidence_key=EVIDENCE_KEY, audit_key=AUDIT_KEY).close()
            self.make_anew()
        except BaseException:
            self.server.stop()
            raise

    def make_anew(self):
        """For a test that changed the schema, and for the first."""
        self.server.run("DROP DATABASE IF EXISTS test WITH (FORCE)", "CREATE DATABASE test TEMPLATE new")

    def empty(self):
        """Delete every row past the triggers, which is fifty times as quick as a new database."""
        with self.server.connect("test") as connection:
            named = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [name for (name,) in named if name != VERSION_TABLE]
            connection.execute("SET session_replication_role = replica")
            connection.execute("; ".join(f"DELETE FROM {name}" for name in tables))


@pytest.fixture(scope="session")
def server():
    """The PostgreSQL of this run; where none is installed, the tests on it are skipped."""
    if postgresql.programs() is None:
        pytest.skip(postgresql.ABSENT)
    started = Server()
    yield started
    started.server.stop()


@pytest.fixture
def url(backend, request, tmp_path):
    """The address of this test's own database, which has today's schema and no row."""
    if backend == "sqlite":
        shutil.copy(request.getfixturevalue("new_file"), tmp_path / "bezel.db")
        yield f"sqlite:///{tmp_path / 'bezel.db'}"
        return
    server = request.getfixturevalue("server")
    yield server.url
    if "raw" in request.fixturenames:
        server.make_anew()
    else:
        server.empty()


@pytest.fixture
def database(backend, tmp_path):
    """The path of this test's SQLite file; a test that asks for it is one of SQLite."""
    assert backend == "sqlite", "this test looks into SQLite's file: mark it with pytest.mark.sqlite"
    return tmp_path / "bezel.db"


@pytest.fixture
def raw(backend, url, request):
    """The driver's own connection, past the store, as somebody with the database would have."""
    if backend == "sqlite":
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    else:
        connection = request.getfixturevalue("server").server.connect("test")
    yield connection
    connection.close()


@pytest.fixture
def without_triggers(backend, raw):
    """The same connection, with everything that refuses a change taken away."""
    if backend == "postgresql":
        raw.execute("SET session_replication_role = replica")
    else:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
    return raw


@pytest.fixture
def opened(url, clock):
    """Open a store on the test's database, or on another SQLite file, as often as asked; close each."""
    stores = []

    def open_store(path=None, *, evidence_key=EVIDENCE_KEY, audit_key=AUDIT_KEY, rules=DEFAULT_RULES):
        address = f"sqlite:///{path}" if path else url
        keys = {"evidence_key": evidence_key, "audit_key": audit_key}
        stores.append(Store.open(address, clock=clock, rules=rules, **keys))
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
def rule(store, clock):
    """Claim a case, decide it, and let that take effect."""

    def rule_on(case_id, moderator_id, ruling, *, clause=None, note="for colleagues", public_note="for you"):
        claimed = store.desk.claim(case_id, moderator_id)
        made = store.desk.decide(
            case_id,
            moderator_id,
            ruling=ruling,
            clause=clause or ("PUP-2.e.iii" if ruling in ("misuse", "model_failure") else None),
            note=note,
            public_note=public_note,
            row_version=claimed.row_version,
        )
        clock.move(seconds=31)
        store.desk.settle()
        return made

    return rule_on


@pytest.fixture
def lead(store):
    return store.moderators.add("Ruby", "not a real hash", "lead").id


@pytest.fixture
def decide(store):
    """Decide a case that this moderator holds, or claims now; it has not taken effect yet."""

    def decided(case_id, moderator_id, ruling="misuse", **rest):
        claimed = store.desk.claim(case_id, moderator_id)
        form = {
            "clause": "PUP-2.e.iii" if ruling in ("misuse", "model_failure") else None,
            "note": "",
            "public_note": "",
            **rest,
        }
        return store.desk.decide(
            case_id, moderator_id, ruling=ruling, row_version=claimed.row_version, **form
        )

    return decided


@pytest.fixture
def settle(store, clock):
    """Let the time to undo a decision pass."""

    def settled():
        clock.move(seconds=31)
        return store.desk.settle()

    return settled


@pytest.fixture
def second(store, settle):
    """Agree with what waits for a second person, or not, and let that take effect."""

    def seconded(case_id, moderator_id, *, agrees=True):
        claimed = store.desk.claim(case_id, moderator_id)
        made = store.desk.second(
            case_id, moderator_id, agrees=agrees, note="as I see it", row_version=claimed.row_version
        )
        settle()
        return made

    return seconded


@pytest.fixture
def case_of(store):
    """The case about this message, as the queue or the history lists it."""

    def found(kind="content"):
        waiting = store.desk.queue().cases
        return next(case for case in waiting if case.kind == kind)

    return found
