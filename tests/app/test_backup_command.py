"""`backup` and `restore`, run as a person would run them."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.build import open_store
from app.commands.backup import backup
from app.commands.restore import restore
from app.settings import Settings


@dataclass(frozen=True)
class Installation:
    """A folder with a database and keys of its own."""

    folder: Path

    @property
    def settings(self):
        return Settings.model_validate({"data_folder": self.folder / "data"})

    def open_store(self):
        return open_store(self.settings)[0]


@pytest.fixture
def installed(tmp_path):
    (tmp_path / "data").mkdir()
    made = Installation(tmp_path)
    store = made.open_store()
    store.start_conversation("ann", "kept")
    store.close()
    return made


@pytest.fixture
def run(installed):
    commands = typer.Typer()
    commands.command("backup")(backup)
    commands.command("restore")(restore)
    return lambda *words, on=installed: CliRunner().invoke(commands, list(map(str, words)), obj=on)


def titles(installed, *owners):
    store = installed.open_store()
    found = [chat.title for owner in owners for chat in store.conversations(owner)]
    store.close()
    return found


def test_a_backup_can_be_restored_and_the_keys_are_spoken_of(installed, run, tmp_path):
    made = run("backup", tmp_path / "copy")
    store = installed.open_store()
    store.start_conversation("ann", "later")
    store.close()

    refused = run("restore", tmp_path / "copy")
    restored = run("restore", tmp_path / "copy", "--yes")

    assert made.exit_code == 0 and "keys.json is not in it" in made.stdout
    assert refused.exit_code == 1 and "--yes" in refused.stderr and refused.stderr.count("\n") == 1
    assert restored.exit_code == 0 and "is the database now" in restored.stdout
    assert titles(installed, "ann") == ["kept"]


def test_who_was_erased_after_the_backup_is_erased_again_and_the_log_goes_on(installed, run, tmp_path):
    run("backup", tmp_path / "copy")
    store = installed.open_store()
    store.start_conversation("bob", "stays")
    store.erase_person("ann")
    store.close()

    run("restore", tmp_path / "copy", "--yes")

    store = installed.open_store()
    checked = store.audit.verify()
    actions = [event.action for event in store.audit.events()]
    store.close()
    assert titles(installed, "ann", "bob") == []
    assert checked.is_sound and checked.made_anew
    assert {"backup restored", "erasure replayed"} <= set(actions)


def test_a_conversation_that_was_deleted_after_the_backup_is_deleted_again(installed, run, tmp_path):
    store = installed.open_store()
    gone = store.start_conversation("ann", "deleted")
    store.close()
    run("backup", tmp_path / "copy")
    store = installed.open_store()
    store.delete_conversation("ann", gone.id)
    store.close()

    restored = run("restore", tmp_path / "copy", "--yes")

    assert restored.exit_code == 0 and "gone from it again" in restored.stdout
    assert titles(installed, "ann") == ["kept"]


def test_a_backup_of_other_keys_is_restored_with_a_warning(installed, run, tmp_path):
    store = installed.open_store()
    store.audit.record("host", "tested", "object")
    store.close()
    run("backup", tmp_path / "copy")
    elsewhere = Installation(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "data").mkdir(parents=True)

    restored = run("restore", tmp_path / "copy", on=elsewhere)

    assert restored.exit_code == 0 and "does not verify with the keys" in restored.stdout
    assert titles(elsewhere, "ann") == ["kept"]


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_is_referred_to_its_own_tools_in_one_sentence(run, command, tmp_path):
    @dataclass(frozen=True)
    class Elsewhere(Installation):
        @property
        def settings(self):
            return Settings.model_validate(
                {"data_folder": self.folder, "database_url": "postgresql+psycopg://bezel:hunter2@db/bezel"}
            )

    refused = run(command, tmp_path / "copy", on=Elsewhere(tmp_path))

    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1
    assert f"pg_{'dump' if command == 'backup' else 'restore'}" in refused.stderr
    assert "hunter2" not in refused.output
