"""`keys rotate`, run as a person would run it."""

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from app.build import open_store
from app.commands.keys import keys
from app.folder import data_folder
from app.identity import VISITOR_COOKIE
from app.keys import keys as read_keys
from app.settings import Settings, SettingsError


@dataclass(frozen=True)
class Installation:
    """What the command line hands to this command."""

    settings: Settings

    def open_store(self):
        return open_store(self.settings)[0]


def rotate(settings):
    return CliRunner().invoke(keys, ["rotate"], obj=Installation(settings))


def test_what_was_signed_and_logged_before_still_counts(tmp_path):
    settings = Settings(data_folder=tmp_path)
    store, identity = open_store(settings)
    cookie = {VISITOR_COOKIE: identity.new_visitor()}
    store.audit.record("host", "tested", "before")
    store.close()

    rotated = rotate(settings)

    assert rotated.exit_code == 0 and "before 1 older" in rotated.stdout
    store, later = open_store(settings)
    assert later.visitor(cookie) == identity.visitor(cookie)
    assert store.audit.first_broken() is None
    assert store.audit.events(1)[0].action == "keys rotated"
    store.close()


def test_no_key_is_ever_printed(tmp_path):
    settings = Settings(data_folder=tmp_path)
    open_store(settings)[0].close()

    said = rotate(settings).output

    made = read_keys(data_folder(tmp_path), None)
    assert not [key for key in (*made.cookie, *made.evidence, *made.audit) if key.hex() in said]


def test_keys_from_a_setting_are_changed_in_the_settings(tmp_path):
    refused = rotate(Settings(data_folder=tmp_path, secret="s" * 40))

    assert isinstance(refused.exception, SettingsError)
    assert "BEZEL_OLD_SECRETS" in str(refused.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("first", ["s" * 40, "t" * 40])
def test_a_former_secret_still_reads_cookies(tmp_path, first):
    store, identity = open_store(Settings(data_folder=tmp_path, secret=first))
    cookie = {VISITOR_COOKIE: identity.new_visitor()}
    store.close()

    later_settings = Settings(data_folder=tmp_path, secret="n" * 40, old_secrets=(first,))
    store, later = open_store(later_settings)

    assert later.visitor(cookie) == identity.visitor(cookie) is not None
    assert store.audit.first_broken() is None
    store.close()
