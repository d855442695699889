"""The ledger of erasures: what was erased stays erased, also where an older backup is restored."""

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from safety.types import Action
from storage.columns import new_id
from storage.erasures import FILE
from storage.store import Store
from storage.types import NotFound

KEYS = {"evidence_key": b"e" * 32, "audit_key": b"a" * 32}
SECRET = "Qopalesce"


@pytest.fixture
def outside(tmp_path):
    folder = tmp_path / "beside"
    folder.mkdir()
    return folder


@pytest.fixture
def with_ledger(url, clock, outside):
    """Open the store with its ledger, again if need be."""
    stores = []

    def open_store(**keys):
        stores.append(Store.open(url, clock=clock, outside=[outside], **{**KEYS, **keys}))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def say(store, owner, text=SECRET):
    return store.save_prompt(owner, store.start_conversation(owner).id, text)


def lines(outside):
    return [json.loads(line) for line in (outside / FILE).read_text().splitlines() if line]


def from_elsewhere(store, owner, outside, **changed):
    """Put an erasure of this person into the file alone, as if the database were of before it."""
    line = {
        "id": new_id(),
        "person": store.audit.pseudonym(owner),
        "key_id": store._transactions.keys.audit_id,
        "with_account": False,
        "at": "2026-11-20T12:00:00+00:00",
    }
    with (outside / FILE).open("a") as file:
        file.write(json.dumps(line | changed) + "\n")


def deleted_elsewhere(outside, *conversation_ids):
    """Put deletions into the file alone, as if the database were of before them."""
    with (outside / FILE).open("a") as file:
        for conversation_id in conversation_ids:
            line = {"conversation": conversation_id, "at": "2026-11-20T12:00:00+00:00"}
            file.write(json.dumps(line) + "\n")


def test_an_erasure_is_in_the_ledger_without_a_word_of_who_it_was(with_ledger, outside, ann):
    store = with_ledger()
    say(store, ann)

    store.erase_person(ann)

    (line,) = lines(outside)
    assert line["person"] == store.audit.pseudonym(ann)
    assert ann not in (outside / FILE).read_text()
    assert (outside / FILE).stat().st_mode & 0o777 == 0o600


def test_whoever_was_erased_after_a_backup_is_erased_again_when_it_is_restored(
    with_ledger, outside, ann, bob
):
    before = with_ledger()
    say(before, ann)
    kept = say(before, bob)
    from_elsewhere(before, ann, outside)
    before.close()

    store = with_ledger()

    assert store.conversations(ann) == ()
    assert store.message(bob, kept.id) == kept
    assert store.audit.events(1)[0].action == "erasure replayed"
    assert store.audit.events(1)[0].object_id == store.audit.pseudonym(ann)
    assert store.audit.verify().is_sound


def test_a_replayed_erasure_is_replayed_once_so_that_a_person_can_come_back(with_ledger, outside, ann):
    before = with_ledger()
    say(before, ann)
    from_elsewhere(before, ann, outside)
    before.close()
    with_ledger().close()
    again = with_ledger()
    back = say(again, ann, "I am back")
    again.close()

    store = with_ledger()

    assert store.message(ann, back.id).text == "I am back"


def test_somebody_who_came_back_after_their_erasure_is_left_in_peace_by_the_next_start(with_ledger, ann):
    store = with_ledger()
    say(store, ann)
    store.erase_person(ann)
    back = say(store, ann, "I am back")
    store.close()

    assert with_ledger().message(ann, back.id).text == "I am back"


def test_an_erasure_under_a_former_key_is_replayed_too(with_ledger, outside, ann):
    before = with_ledger()
    say(before, ann)
    from_elsewhere(before, ann, outside)
    before.close()

    assert with_ledger(audit_key=(b"n" * 32, b"a" * 32)).conversations(ann) == ()


def test_an_erasure_whose_key_is_missing_waits_for_it_and_is_said(with_ledger, outside, ann, caplog):
    before = with_ledger()
    said = say(before, ann)
    from_elsewhere(before, ann, outside)
    before.close()

    without = with_ledger(audit_key=b"n" * 32)
    there = without.message(ann, said.id)
    without.close()

    assert there == said
    assert "its audit key" in caplog.text and ann not in caplog.text
    assert with_ledger().conversations(ann) == ()


def test_an_erasure_that_a_crash_kept_from_the_file_is_written_at_the_next_start(with_ledger, outside, ann):
    store = with_ledger()
    say(store, ann)
    store.erase_person(ann)
    store.close()
    written = lines(outside)
    (outside / FILE).unlink()

    with_ledger().close()

    assert lines(outside) == written


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "rubbish",
    [
        *('{"id": "0193', "[]", "null", '{"id": 1}', "\x00\x01"),
        '{"conversation": "none", "at": "2026-11-20T12:00:00"}',
        '{"conversation": "00000000-0000-7000-8000-000000000000", "at": 1}',
    ],
)
def test_a_line_that_a_crash_cut_off_is_passed_over_and_the_next_is_whole(
    with_ledger, outside, ann, bob, rubbish, caplog
):
    store = with_ledger()
    say(store, ann)
    say(store, bob)
    store.erase_person(ann)
    with (outside / FILE).open("a") as file:
        file.write(rubbish)

    store.erase_person(bob)
    store.close()
    with_ledger().close()

    ends = [line for line in (outside / FILE).read_text().splitlines() if store.audit.pseudonym(bob) in line]
    assert json.loads(ends[0])["person"] == store.audit.pseudonym(bob)
    assert "is no erasure and is passed over" in caplog.text


def test_an_account_that_the_host_erased_does_not_come_back_with_a_backup(with_ledger, outside):
    before = with_ledger()
    account = before.accounts.add("Ann", "not a real hash")
    from_elsewhere(before, account.id, outside, with_account=True)
    before.close()

    store = with_ledger()

    assert store.accounts.by_id(account.id) is None
    assert store.accounts.by_name("Ann") is None


@pytest.mark.sqlite
def test_a_replay_leaves_no_word_in_the_files(with_ledger, outside, ann, database, verdict):
    before = with_ledger()
    prompt = say(before, ann, f"{SECRET} " * 3_000)
    before.record_prompt(ann, prompt.id, verdict(Action.ALLOW))
    before.rename_conversation(ann, prompt.conversation_id, f"{SECRET} title")
    from_elsewhere(before, ann, outside)
    before.close()

    def on_disk():
        return b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))

    was_there = SECRET.encode() in on_disk()

    store = with_ledger()

    assert was_there
    assert SECRET.encode() not in on_disk() and SECRET.lower().encode() not in on_disk()
    with pytest.raises(NotFound):
        store.message(ann, prompt.id)


@pytest.mark.sqlite
def test_an_erasure_waits_for_another_programs_reading_and_then_leaves_no_word(with_ledger, ann, database):
    store = with_ledger()
    say(store, ann, f"{SECRET} " * 3_000)
    with closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM message").fetchall()
        ends = threading.Timer(0.4, reading.execute, ["COMMIT"])
        ends.start()

        store.erase_person(ann)
        ends.join()

    on_disk = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert SECRET.encode() not in on_disk


def test_a_conversation_that_its_person_deletes_is_in_the_ledger_by_its_id_alone(with_ledger, outside, ann):
    store = with_ledger()
    one, *others = (say(store, ann).conversation_id for _ in range(3))

    store.delete_conversation(ann, one)
    first = lines(outside)
    gone = store.delete_conversations(ann)

    assert [line["conversation"] for line in first] == [one]
    assert list(gone) == others
    assert [line["conversation"] for line in lines(outside)] == [one, *others]
    assert {name for line in lines(outside) for name in line} == {"conversation", "at"}
    assert (outside / FILE).stat().st_mode & 0o777 == 0o600


def test_what_the_clock_deletes_and_what_was_in_memory_alone_needs_no_line(with_ledger, outside, ann, clock):
    store = with_ledger()
    say(store, ann)
    clock.move(days=31)
    temporary = store.start_conversation(ann, temporary=True)

    gone = store.clocks.let_conversations_go(30)
    store.delete_conversation(ann, temporary.id)
    store.start_conversation(ann, temporary=True)
    store.delete_conversations(ann)

    assert len(gone) == 1
    assert not (outside / FILE).exists()


def test_what_was_deleted_after_a_backup_is_deleted_again_when_it_is_restored_and_once(
    with_ledger, outside, ann, bob
):
    before = with_ledger()
    gone, also_gone, kept = (say(before, owner) for owner in (ann, bob, ann))
    deleted_elsewhere(outside, gone.conversation_id, also_gone.conversation_id, new_id())
    before.close()

    store = with_ledger()
    (event,) = (event for event in store.audit.events(9) if event.action == "deletions replayed")
    store.close()
    again = with_ledger()

    assert event.object_id == "2 conversations"
    assert [chat.id for chat in again.conversations(ann)] == [kept.conversation_id]
    assert again.conversations(bob) == ()
    assert again.audit.events(1)[0].seq == event.seq
    assert again.audit.verify().is_sound


def test_a_replayed_deletion_leaves_the_evidence_of_an_open_case(with_ledger, outside, ann, verdict):
    before = with_ledger()
    prompt = say(before, ann)
    before.record_prompt(ann, prompt.id, verdict(Action.BLOCK))
    deleted_elsewhere(outside, prompt.conversation_id)
    before.close()

    store = with_ledger()

    case = store.desk.case(store.desk.cases()[0].id, store.moderators.add("Opal", "not a real hash").id)
    assert store.conversations(ann) == ()
    assert case.evidence[-1].text == SECRET


def test_a_deletion_that_a_crash_kept_from_the_file_is_written_at_the_next_start(with_ledger, outside, ann):
    store = with_ledger()
    store.delete_conversation(ann, say(store, ann).conversation_id)
    store.close()
    written = lines(outside)
    (outside / FILE).unlink()

    with_ledger().close()

    assert lines(outside) == written


def test_a_deletion_that_fails_is_in_no_ledger(with_ledger, outside, ann, bob):
    store = with_ledger()
    kept = say(store, ann)

    with pytest.raises(NotFound):
        store.delete_conversation(bob, kept.conversation_id)

    assert not (outside / FILE).exists()


def test_all_that_start_on_a_restored_backup_at_once_start(with_ledger, outside, ann):
    before = with_ledger()
    ids = [say(before, ann).conversation_id for _ in range(3)]
    from_elsewhere(before, ann, outside)
    deleted_elsewhere(outside, *ids)
    before.close()

    with ThreadPoolExecutor(3) as starts:
        stores = list(starts.map(lambda _: with_ledger(), range(3)))

    assert [store.conversations(ann) for store in stores] == [()] * 3
    assert stores[0].audit.verify().is_sound


def test_an_old_ledger_is_read_and_gets_new_lines(with_ledger, outside, ann, bob):
    before = with_ledger()
    say(before, ann)
    from_elsewhere(before, ann, outside)
    before.close()
    store = with_ledger()

    store.delete_conversation(bob, say(store, bob).conversation_id)

    old, new = lines(outside)
    assert set(old) == {"id", "person", "key_id", "with_account", "at"}
    assert set(new) == {"conversation", "at"}
    assert store.conversations(ann) == ()


def test_a_second_folder_gets_what_the_first_one_knows(url, with_ledger, outside, tmp_path, ann, clock):
    before = with_ledger()
    say(before, ann)
    from_elsewhere(before, ann, outside)
    deleted_elsewhere(outside, new_id())
    before.close()
    (tmp_path / "second").mkdir()

    Store.open(url, clock=clock, outside=[outside, tmp_path / "second"], **KEYS).close()

    assert lines(tmp_path / "second") == lines(outside)
    assert len(lines(outside)) == 2
