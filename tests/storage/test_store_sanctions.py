import pytest

from safety.types import Action
from storage.types import NotFound


@pytest.fixture
def suspended(store, chat, ann, moderator, colleague, decide, settle, second):
    """Ann is suspended for seven days."""
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.cases()[0].id
    made = decide(case_id, moderator, action="suspend", days=7, public_note="Please stop.")
    settle()
    second(case_id, colleague)
    return made


def test_a_suspended_person_is_told_why_and_until_when_and_it_ends_by_itself(
    store, ann, bob, suspended, clock
):
    found = store.sanctions.of(ann)

    assert (found.until - suspended.effective_at).days == 7
    assert (found.statement.clause, found.statement.note) == ("PUP-2.e.iii", "Please stop.")
    assert found.statement.suspended_until == found.until
    assert found.statement.appeal_until is not None
    assert store.sanctions.of(bob) is None
    clock.move(days=7)
    assert store.sanctions.of(ann) is None


def test_nobody_is_suspended_before_a_second_person_agrees(store, chat, ann, moderator, decide, settle):
    chat.prompt(ann, action=Action.BLOCK)
    decide(store.desk.cases()[0].id, moderator, action="suspend", days=7)
    settle()

    assert store.sanctions.of(ann) is None


def test_whoever_comes_from_the_same_address_is_stopped_for_a_day_and_not_told_why(
    store, ann, bob, suspended, clock
):
    assert store.sanctions.of(bob, "203.0.113.7") is None

    store.sanctions.of(ann, "203.0.113.7")
    found = store.sanctions.of(bob, "203.0.113.7")

    assert found.statement is None
    assert store.sanctions.of(bob, "203.0.113.8") is None
    assert store.sanctions.of(bob) is None
    clock.move(hours=24, seconds=1)
    assert store.sanctions.of(bob, "203.0.113.7") is None
    assert store.sanctions.of(ann, "203.0.113.7") is not None


def test_an_address_says_nothing_of_whoever_has_an_account(store, ann, suspended):
    account = store.accounts.add("Beryl", "hash")
    store.sanctions.of(ann, "203.0.113.7")

    assert store.sanctions.of(account.id, "203.0.113.7") is None


def test_an_address_counts_no_longer_than_the_suspension(store, ann, bob, suspended, clock):
    clock.move(days=6, hours=20)
    store.sanctions.of(ann, "203.0.113.7")
    clock.move(hours=4)

    assert store.sanctions.of(bob, "203.0.113.7") is None


@pytest.mark.sqlite
def test_no_address_is_written_down(store, ann, suspended, database):
    store.sanctions.of(ann, "203.0.113.7")

    written = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert b"203.0.113.7" not in written


def test_erasing_everything_ends_no_suspension(store, ann, suspended):
    store.erase_person(ann)

    found = store.sanctions.of(ann)
    assert found is not None
    assert found.statement is None


@pytest.fixture
def warned(store, chat, ann, moderator, decide, settle):
    """The decision that warns Ann."""
    chat.prompt(ann, action=Action.BLOCK)
    made = decide(store.desk.cases()[0].id, moderator, action="warn", public_note="This once.")
    settle()
    return made


def test_a_warning_is_shown_until_it_is_read(store, ann, bob, warned):
    (warning,) = store.sanctions.warnings(ann)

    with pytest.raises(NotFound):
        store.sanctions.read_warning(bob, warning.id)
    store.sanctions.read_warning(ann, warning.id)
    store.sanctions.read_warning(ann, warning.id)

    assert warning.statement.note == "This once."
    assert store.sanctions.of(ann) is None
    assert store.sanctions.warnings(ann) == store.sanctions.warnings(bob) == ()


def test_that_a_warning_was_read_is_taken_along_and_goes_with_the_person(store, ann, bob, warned, raw):
    (warning,) = store.sanctions.warnings(ann)
    before = store.export_person(ann)["sanctions"]
    store.sanctions.read_warning(ann, warning.id)

    (taken,) = store.export_person(ann)["sanctions"]
    store.erase_person(ann)

    assert [made["read_at"] for made in before] == [None]
    assert (taken["kind"], taken["decision_id"], taken["lifted_at"]) == ("warning", warned.id, None)
    assert taken["read_at"] >= taken["starts_at"]
    assert store.export_person(bob)["sanctions"] == []
    assert raw.execute("SELECT count(*) FROM warning_read").fetchone() == (0,)
    with pytest.raises(NotFound):
        store.sanctions.read_warning(ann, warning.id)


def test_a_warning_that_is_overturned_is_lifted_though_it_was_read(
    store, ann, moderator, colleague, warned, decide, settle, second
):
    (warning,) = store.sanctions.warnings(ann)
    store.sanctions.read_warning(ann, warning.id)
    again = store.desk.reconsider(warned.case_id, moderator)

    decide(again.summary.id, moderator, "no_violation")
    settle()
    second(again.summary.id, colleague)

    assert "warning lifted" in {event.action for event in store.audit.events()}
    assert store.export_person(ann)["sanctions"][0]["lifted_at"] is not None


def test_a_suspension_that_is_overturned_ends(
    store, ann, moderator, colleague, suspended, decide, settle, second
):
    again = store.desk.reconsider(suspended.case_id, moderator)

    decide(again.summary.id, moderator, "no_violation")
    settle()
    second(again.summary.id, colleague)

    assert store.sanctions.of(ann) is None
    assert "suspension lifted" in {event.action for event in store.audit.events()}


def test_a_suspension_follows_its_person_through_new_keys(store, opened, ann, suspended):
    store.close()

    later = opened(audit_key=[b"a new key for the audit log 32 b", b"a key for the audit log 32 bytes"])

    assert later.sanctions.of(ann) is not None
