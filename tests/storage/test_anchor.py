"""The anchor outside the database: a tail that was cut off, or a log that was written anew, shows."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from storage import audit
from storage.anchor import FILE
from storage.store import Store

KEYS = {"evidence_key": b"e" * 32, "audit_key": b"a" * 32}


@pytest.fixture
def outside(tmp_path):
    folders = (tmp_path / "beside", tmp_path / "elsewhere")
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.fixture
def anchored(url, clock, outside):
    """Open the store with its anchors, again if need be."""
    stores = []

    def open_store(**keys):
        stores.append(Store.open(url, clock=clock, outside=outside, **{**KEYS, **keys}))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def log(anchored):
    """An audit log of five events."""
    store = anchored()
    for number in range(5):
        store.audit.record("host", "tested", f"object {number}")
    return store


def problems(store):
    return [anchor.problem for anchor in store.audit.verify().anchors]


def kept(folder):
    return json.loads((folder / FILE).read_text())


def test_the_anchor_follows_the_log_in_files_for_nobody_else(log, outside):
    assert [kept(folder)["seq"] for folder in outside] == [5, 5]
    assert {(folder / FILE).stat().st_mode & 0o777 for folder in outside} == {0o600}
    assert [path.name for folder in outside for path in folder.iterdir()] == [FILE, FILE]
    assert log.audit.verify().is_sound


def test_an_empty_log_needs_no_anchor(anchored):
    assert anchored().audit.verify().is_sound


def test_the_anchor_is_never_ahead_of_what_was_committed(log, outside):
    def record_and_fail(work):
        audit.record(work, "host", "tested", "never")
        raise RuntimeError("before the commit")

    with pytest.raises(RuntimeError):
        log._transactions.write(record_and_fail)

    assert kept(outside[0])["seq"] == 5
    assert log.audit.verify().is_sound


def test_an_anchor_that_a_crash_left_behind_is_taken_on_by_the_next_event(log, outside):
    stale = (outside[0] / FILE).read_text()
    log.audit.record("host", "tested", "committed just before the crash")
    (outside[0] / FILE).write_text(stale)

    found = log.audit.verify()
    log.audit.record("host", "tested", "after the crash")

    assert found.is_sound
    assert [anchor.head.seq for anchor in found.anchors] == [5, 6]
    assert [kept(folder)["seq"] for folder in outside] == [7, 7]


def test_a_tail_that_was_cut_off_shows_also_after_more_events(log, anchored, without_triggers):
    log.close()
    without_triggers.execute("DELETE FROM audit_event WHERE seq > 3")

    store = anchored()
    cut = store.audit.verify()
    store.audit.record("host", "tested", "another")
    store.audit.record("host", "tested", "yet another")
    store.audit.record("host", "tested", "past the anchor")

    assert (cut.first_broken, cut.events, cut.is_sound) == (None, 3, False)
    assert [anchor.problem for anchor in cut.anchors] == ["ahead", "ahead"]
    assert problems(store) == ["another", "another"]
    store.close()
    assert problems(anchored()) == ["another", "another"]


def test_the_one_anchor_elsewhere_tells_when_the_other_was_cut_too(log, anchored, outside, without_triggers):
    early = (outside[0] / FILE).read_text()
    log.audit.record("host", "signed in", "to be hidden")
    log.close()
    without_triggers.execute("DELETE FROM audit_event WHERE seq > 5")
    (outside[0] / FILE).write_text(early)

    assert problems(anchored()) == [None, "ahead"]


@pytest.mark.parametrize(
    "change", [{"seq": 3}, {"hash": "0" * 64}, {"mark": "0" * 64}, {"key": "none"}, {"at": 1}]
)
def test_an_anchor_that_was_altered_is_not_believed_and_not_overwritten(log, outside, change):
    (outside[0] / FILE).write_text(json.dumps(kept(outside[0]) | change))

    log.audit.record("host", "tested", "another")

    assert problems(log) == ["altered", None]


@pytest.mark.sqlite
@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"seq": []}'])
def test_an_anchor_that_is_rubbish_is_said_to_be_altered(log, anchored, outside, rubbish):
    log.close()
    (outside[0] / FILE).write_bytes(rubbish)

    assert problems(anchored()) == ["altered", None]


def test_an_anchor_that_was_removed_is_made_anew_and_the_log_says_so(log, anchored, outside):
    log.close()
    (outside[0] / FILE).unlink()

    found = anchored().audit.verify()

    assert found.is_sound
    assert found.made_anew == (6,)
    assert kept(outside[0])["seq"] == 6


def test_after_a_restore_on_purpose_the_anchor_follows_again_and_the_log_says_what_it_knew(
    log, anchored, outside, without_triggers
):
    known = kept(outside[0])
    log.close()
    without_triggers.execute("DELETE FROM audit_event WHERE seq > 3")
    store = anchored()

    assert store.audit.accept_anchors() == 2

    assert store.audit.verify().is_sound
    assert store.audit.verify().made_anew == (4, 5)
    assert store.audit.events(1)[0].object_id == f"5:{known['hash'][:32]}"
    assert store.audit.accept_anchors() == 0
    store.audit.record("host", "tested", "another")
    assert [kept(folder)["seq"] for folder in outside] == [6, 6]


def test_a_rotated_key_still_believes_the_anchor_of_before(log, anchored):
    log.close()

    rotated = anchored(audit_key=(b"n" * 32, b"a" * 32))

    assert rotated.audit.verify().is_sound
    rotated.audit.record("host", "keys rotated", "keys")
    assert rotated.audit.verify().is_sound


def test_an_action_is_kept_also_where_the_anchor_cannot_be_written(log, outside):
    (outside[0] / FILE).unlink()
    os.rename(outside[0], outside[0].with_name("gone"))

    log.audit.record("host", "tested", "kept all the same")

    assert log.audit.events(1)[0].object_id == "kept all the same"
    assert kept(outside[1])["seq"] == 6


@pytest.mark.sqlite
def test_a_backup_that_is_put_back_shows_until_it_is_accepted(log, anchored, database, tmp_path):
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(tmp_path / "copy")) as copy:
        source.backup(copy)
    log.audit.record("host", "tested", "after the backup")
    log.close()
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    os.replace(tmp_path / "copy", database)

    store = anchored()

    assert problems(store) == ["ahead", "ahead"]
    store.audit.accept_anchors()
    assert store.audit.verify().is_sound
