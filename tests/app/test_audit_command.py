"""`audit verify|accept`, run as a person would run it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.build import open_store
from app.commands.audit import audit
from app.settings import Settings, SettingsError


@dataclass(frozen=True)
class Installation:
    """What the command line hands to this command."""

    folder: Path

    def open_store(self):
        return open_store(Settings(data_folder=self.folder))[0]


@pytest.fixture
def run(tmp_path):
    return lambda *words: CliRunner().invoke(audit, words, obj=Installation(tmp_path))


@pytest.fixture
def log(tmp_path):
    """An audit log of five events, and a way to change it past the store."""
    store = Installation(tmp_path).open_store()
    for number in range(5):
        store.audit.record("host", "tested", f"object {number}")
    store.close()

    def change(statement):
        with closing(sqlite3.connect(tmp_path / "bezel.sqlite", isolation_level=None)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                if name.startswith("audit_event"):
                    connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement)

    return change


def test_a_log_that_holds_is_said_with_its_length_and_its_anchor(run, log, tmp_path):
    said = run("verify")

    assert said.exit_code == 0
    assert "All 5 events of the audit log hold" in said.stdout
    assert f"{tmp_path / 'audit-anchor'} agrees at event 5 (the last)." in said.stdout


def test_the_first_broken_link_is_named(run, log):
    log("UPDATE audit_event SET action = 'untested' WHERE seq = 3")

    said = run("verify")

    assert said.exit_code == 1
    assert "The audit log is broken at event 3:" in said.stdout
    assert "The 2 events before it hold." in said.stdout


def test_a_tail_that_was_cut_off_is_named_until_it_is_accepted(run, log):
    log("DELETE FROM audit_event WHERE seq > 3")

    cut, accepted, after = run("verify"), run("accept"), run("verify")

    assert cut.exit_code == 1
    assert "All 3 events" in cut.stdout and "knows event 5 of" in cut.stdout and "cut off" in cut.stdout
    assert accepted.exit_code == 0 and "follows the log again" in accepted.stdout
    assert after.exit_code == 0 and "Event 4 says that the anchor was made anew" in after.stdout
    assert "nothing was changed" in run("accept").stdout


def test_a_log_that_was_written_anew_is_named(run, log, tmp_path):
    log("DELETE FROM audit_event WHERE seq > 3")
    store = Installation(tmp_path).open_store()
    for _ in range(4):
        store.audit.record("host", "tested", "written anew")
    store.close()

    said = run("verify")

    assert said.exit_code == 1 and "knows another event 5 than the log" in said.stdout


def test_an_anchor_that_was_altered_is_named(run, log, tmp_path):
    (tmp_path / "audit-anchor").write_text("{}")

    said = run("verify")

    assert said.exit_code == 1 and "audit-anchor was altered" in said.stdout


def test_a_program_reads_the_same_as_json(run, log):
    sound = json.loads(run("verify", "--json").stdout)
    log("DELETE FROM audit_event WHERE seq = 5")
    said = run("verify", "--json")
    broken = json.loads(said.stdout)

    assert said.exit_code == 1
    assert (sound["is_sound"], sound["events"], sound["first_broken"]) == (True, 5, None)
    assert [anchor["event"] for anchor in sound["anchors"]] == [5]
    assert (broken["is_sound"], broken["anchors"][0]["problem"]) == (False, "ahead")


def test_a_second_folder_holds_the_anchor_too(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    store, _ = open_store(Settings(data_folder=tmp_path, audit_anchor=elsewhere))
    store.audit.record("host", "tested", "object")
    store.close()

    assert (elsewhere / "audit-anchor").read_text() == (tmp_path / "audit-anchor").read_text()


def test_a_second_folder_that_is_a_file_is_refused_by_name(tmp_path):
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(SettingsError, match=f"BEZEL_AUDIT_ANCHOR is '{file}'"):
        open_store(Settings(data_folder=tmp_path, audit_anchor=file))
