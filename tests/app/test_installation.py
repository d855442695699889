"""The conditions of an installation, with a real folder, database and port."""

import os
import socket

import pytest

from app.build import open_store
from app.installation import conditions, tried
from app.settings import Settings, SettingsError


@pytest.fixture
def settings_of(tmp_path):
    def make(**chosen):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        return Settings(_env_file=None, **{"data_folder": tmp_path, "port": port, **chosen})

    return make


def look(settings):
    return {one.name: one for one in conditions(settings, lambda: open_store(settings)[0])}


def test_a_fresh_installation_is_good_and_left_without_a_database(settings_of, tmp_path):
    found = look(settings_of())

    assert {name: one.state for name, one in found.items() if one.state != "good"} == {"database": "note"}
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_there_is_opened(settings_of):
    settings = settings_of()
    open_store(settings)[0].close()

    assert look(settings)["database"].state == "good"


def test_a_file_that_is_no_database_is_bad(settings_of, tmp_path):
    (tmp_path / "bezel.sqlite").write_text("This is a shopping list, not a database. " * 50)

    found = look(settings_of())["database"]

    assert found.state == "bad"
    assert "is not a database" in found.said


def test_the_checks_that_are_live_are_named(settings_of):
    found = look(settings_of(profile="strict"))["checks"]

    assert found.state == "good"
    assert "rules" in found.said and "strict" in found.said


@pytest.mark.parametrize(
    ("chosen", "name", "said"),
    [
        ({"terms_file": "nowhere.md"}, "terms", "BEZEL_TERMS_FILE is 'nowhere.md'"),
        ({"crisis_file": "nowhere.toml"}, "crisis lines", "'nowhere.toml' cannot be read"),
        ({"database_url": "mysql://x/y"}, "database", "Bezel knows sqlite and postgresql"),
    ],
)
def test_what_is_set_wrongly_is_bad_and_named(settings_of, chosen, name, said):
    found = look(settings_of(**chosen))[name]

    assert found.state == "bad"
    assert said in found.said


def test_a_data_folder_that_is_a_file_is_bad(settings_of, tmp_path):
    (tmp_path / "file").write_text("")

    found = look(settings_of(data_folder=tmp_path / "file"))

    assert found["data folder"].state == "bad"
    assert "BEZEL_DATA_FOLDER" in found["data folder"].said
    assert found["database"].state == "bad"


def test_a_taken_port_is_a_note_since_bezel_itself_may_have_it(settings_of):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = look(settings_of(port=taken.getsockname()[1]))["port"]

    assert found.state == "note"
    assert "BEZEL_PORT" in found.said


def test_a_fault_that_nobody_can_mend_is_not_hidden():
    def broken():
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError):
        tried("anything", broken)


def test_a_fault_that_a_person_can_mend_is_its_sentence():
    def wrong():
        raise SettingsError("BEZEL_X is 1; it must be 2.")

    assert tried("anything", wrong).said == "BEZEL_X is 1; it must be 2."


def test_no_file_is_left_behind(settings_of, tmp_path):
    look(settings_of())

    assert os.listdir(tmp_path) == []
