"""`demo-data`, run as a new host would run it: the desk is at work, and all of it can be taken out again."""

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from argon2 import PasswordHasher
from typer.testing import CliRunner

from app import demo
from app.build import open_store
from app.commands.demo_data import demo_data
from app.demo.telling import MODERATORS, OWNER
from app.settings import Settings
from safety.policy import load_policy

QUICK = PasswordHasher(time_cost=1, memory_cost=1024)
TALK = tomllib.loads(Path(demo.__file__).with_name("talk.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Installation:
    """What the command line hands to this command, with a quick hash."""

    folder: Path

    @property
    def settings(self):
        return Settings(data_folder=self.folder)

    def open_store(self):
        return open_store(self.settings)[0]

    def hash_password(self, password):
        return QUICK.hash(password)


def run(installation, *words):
    command = typer.Typer()
    command.command()(demo_data)
    return CliRunner().invoke(command, words, obj=installation)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A folder in which the story was told once, and what the command said of it."""
    folder = tmp_path_factory.mktemp("told")
    said = run(Installation(folder), "--days", "8")
    assert said.exit_code == 0, said.output
    return folder, said.stdout


@pytest.fixture
def installation(told, tmp_path):
    shutil.copytree(told[0], tmp_path / "data")
    return Installation(tmp_path / "data")


@pytest.fixture
def store(installation):
    opened = installation.open_store()
    yield opened
    opened.close()


def test_the_desk_is_at_work_in_four_languages(store):
    waiting = store.desk.queue().cases
    decided = store.desk.cases(states=("decided",), limit=1_000)

    opened = [case.opened_at for case in (*waiting, *decided)]
    assert len(waiting) >= 3 and len(decided) >= 8
    assert {case.language for case in (*waiting, *decided)} >= {"en", "ko", "zh", "ja"}
    assert {case.ruling for case in decided} >= {"misuse", "model_failure", "no_violation"}
    assert any(case.reports for case in (*waiting, *decided))
    assert (max(opened) - min(opened)).days >= 4
    assert store.audit.verify().is_sound


def test_each_moderator_signs_in_with_the_password_that_was_printed(store, told):
    printed = dict(re.findall(r"^  (demo-\w+) +\w+ +(\S+)$", told[1], re.MULTILINE))

    assert printed.keys() == MODERATORS.keys()
    for name, password in printed.items():
        assert QUICK.verify(store.moderators.by_name(name).password_hash, password)
    assert store.moderators.by_name("demo-opal").role == "lead"


def test_a_case_can_be_taken_and_decided_like_any_other(store):
    moderator = store.moderators.by_name("demo-beryl").id

    case = store.desk.next_case(moderator)

    assert any(line.is_subject and line.text for line in case.evidence)
    made = store.desk.decide(
        case.summary.id,
        moderator,
        ruling="unsure",
        clause=None,
        note="",
        public_note="",
        row_version=case.row_version,
    )
    assert made.ruling == "unsure"


def test_it_is_invented_once(installation):
    again = run(installation)

    assert again.exit_code == 1 and "there already" in again.output


def test_a_database_that_people_use_is_refused_unless_the_host_says_so(tmp_path):
    installation = Installation(tmp_path)
    store = installation.open_store()
    store.start_conversation("ann")
    store.close()

    refused = run(installation)

    assert refused.exit_code == 1 and "People have used this database already" in refused.output
    store = installation.open_store()
    assert store.desk.waiting() == 0 and store.moderators.everyone() == ()
    store.close()


def test_all_that_was_invented_can_be_taken_out_and_what_is_real_stays(installation):
    store = installation.open_store()
    mine = store.save_prompt("ann", store.start_conversation("ann", "mine").id, "Qopalesce")
    store.close()

    removed = run(installation, "--remove")

    store = installation.open_store()
    assert removed.exit_code == 0 and "Removed 2" in removed.stdout
    assert store.message("ann", mine.id) == mine
    assert store.desk.waiting() == 0
    assert all(account.ended_at for account in store.moderators.everyone())
    assert store.audit.verify().is_sound
    assert store.desk.cases(states=("decided",), limit=1_000) != ()
    store.close()
    on_disk = b"".join(path.read_bytes() for path in installation.folder.glob("bezel.sqlite*"))
    words = [
        row[side]
        for kind in ("said", "found", "reported")
        for row in TALK[kind]
        for side in row.keys() & {"prompt", "reply", "note"}
    ]
    assert [word for word in words if len(word) > 12 and word.encode() in on_disk] == []
    assert OWNER.encode() not in on_disk


def test_the_story_cites_clauses_of_the_policy_and_speaks_each_language_of_each_kind():
    clauses = load_policy().clauses

    named = {row.get("clause", row.get("reason")) for kind in ("found", "reported") for row in TALK[kind]}

    assert named - {"other"} <= clauses.keys()
    for kind in ("said", "found", "reported"):
        assert {row["lang"] for row in TALK[kind]} == {"en", "ko", "zh", "ja"}
    assert TALK["public_notes"].keys() == TALK["appeals"].keys() == {"en", "ko", "zh", "ja"}
