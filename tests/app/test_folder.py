import os

import pytest

from app.folder import data_folder
from app.settings import SettingsError


def test_the_folder_beside_the_program_is_used_where_it_can_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert data_folder(None) == tmp_path / "data"


def test_the_users_own_folder_is_used_where_the_program_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "data").write_text("a file stands in the way, as a folder without permission does")
    monkeypatch.chdir(tmp_path / "code")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))

    assert data_folder(None) == tmp_path / "home" / "bezel"


def test_a_chosen_folder_that_is_a_file_is_refused_by_name(tmp_path):
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(SettingsError, match=f"BEZEL_DATA_FOLDER is '{file}'"):
        data_folder(file)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_chosen_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(SettingsError, match="may write to"):
        data_folder(tmp_path)
