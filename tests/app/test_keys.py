import stat

import pytest

from app.keys import keys
from app.settings import SettingsError


def test_the_first_start_makes_keys_that_the_next_one_reads(tmp_path):
    assert keys(tmp_path, None) == keys(tmp_path, None)


def test_only_the_owner_can_read_the_file(tmp_path):
    keys(tmp_path, None)

    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_two_installations_have_different_keys(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert keys(tmp_path / "a", None) != keys(tmp_path / "b", None)


def test_a_setting_makes_the_keys_without_a_file(tmp_path):
    made = keys(tmp_path, "s" * 40)

    assert made == keys(tmp_path, "s" * 40) != keys(tmp_path, "t" * 40)
    assert len({made.cookie, made.evidence, made.audit}) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", '{"cookie": "zz", "evidence": "", "audit": ""}', "[1]"])
def test_a_damaged_file_is_never_replaced(tmp_path, content):
    (tmp_path / "keys.json").write_text(content)

    with pytest.raises(SettingsError, match="put the file back from a backup"):
        keys(tmp_path, None)

    assert (tmp_path / "keys.json").read_text() == content


def test_keys_do_not_show_in_what_is_printed(tmp_path):
    made = keys(tmp_path, None)

    assert made.cookie.hex() not in repr(made)
    assert repr(made.cookie) not in repr(made)
