import json
import stat

import pytest

from app.identity import VISITOR_COOKIE, Identity
from app.keys import keys, rotate
from app.settings import SettingsError
from storage.store import Store


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
    assert len({*made.cookie, *made.evidence, *made.audit}) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"cookie": "zz", "evidence": "", "audit": ""}',
        "[1]",
        '{"cookie": [], "evidence": [], "audit": []}',
    ],
)
def test_a_damaged_file_is_never_replaced(tmp_path, content):
    (tmp_path / "keys.json").write_text(content)

    with pytest.raises(SettingsError, match="put the file back from a backup"):
        keys(tmp_path, None)

    assert (tmp_path / "keys.json").read_text() == content


def test_keys_do_not_show_in_what_is_printed(tmp_path):
    made = keys(tmp_path, None)

    for key in (*made.cookie, *made.evidence, *made.audit):
        assert key.hex() not in repr(made)
        assert repr(key) not in repr(made)


def test_rotating_puts_new_keys_before_the_old_ones(tmp_path):
    before = keys(tmp_path, None)

    rotated = rotate(tmp_path)

    assert rotated == keys(tmp_path, None)
    for name in ("cookie", "evidence", "audit"):
        new, old = getattr(rotated, name)
        assert (old,) == getattr(before, name)
        assert new != old
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_file_with_single_keys_is_read_and_rotated(tmp_path):
    single = {"cookie": "aa" * 32, "evidence": "bb" * 32, "audit": "cc" * 32}
    (tmp_path / "keys.json").write_text(json.dumps(single))

    assert keys(tmp_path, None).cookie == (b"\xaa" * 32,)
    assert rotate(tmp_path).audit[1:] == (b"\xcc" * 32,)


def test_two_rotations_at_once_are_one(tmp_path):
    before = keys(tmp_path, None)
    (tmp_path / "keys.rotating").touch()

    with pytest.raises(SettingsError, match="a rotation is under way, or one was cut off"):
        rotate(tmp_path)

    assert keys(tmp_path, None) == before


def test_nothing_is_rotated_where_there_are_no_keys(tmp_path):
    with pytest.raises(SettingsError, match="the first start makes it"):
        rotate(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_former_secret_still_gives_its_keys(tmp_path):
    before = keys(tmp_path, "s" * 40)

    after = keys(tmp_path, "t" * 40, ("s" * 40,))

    assert after.cookie == (*keys(tmp_path, "t" * 40).cookie, *before.cookie)


def test_all_that_was_written_before_a_rotation_still_reads(tmp_path):
    def opened(found):
        url = f"sqlite:///{tmp_path}/bezel.sqlite"
        store = Store.open(url, evidence_key=found.evidence, audit_key=found.audit)
        return store, Identity(found.cookie, store)

    store, identity = opened(keys(tmp_path, None))
    cookie = {VISITOR_COOKIE: identity.new_visitor()}
    owner = identity.visitor(cookie)
    store.audit.record("host", "tested", "before")
    store.close()

    store, identity = opened(rotate(tmp_path))
    store.audit.record("host", "tested", "after")

    assert identity.visitor(cookie) == owner
    assert store.audit.first_broken() is None
    store.close()
    store, identity = opened(keys(tmp_path, None))
    assert identity.visitor({VISITOR_COOKIE: identity.new_visitor()})
    assert store.audit.first_broken() is None
    store.close()
