import pytest

from safety.types import Action
from storage.types import NotFound, StorageError


def test_a_moderator_is_found_by_name_in_any_case_of_letters(store):
    opal = store.moderators.add(" Opal ", "hash", role="lead")

    assert store.moderators.by_name("OPAL") == opal
    assert store.moderators.by_id(opal.id) == opal
    assert (opal.name, opal.role, opal.generation, opal.ended_at) == ("Opal", "lead", 1, None)
    assert store.moderators.by_name("Garnet") is None
    assert store.moderators.by_id("nobody") is None


@pytest.mark.parametrize("name", ["opal", "OPAL"])
def test_a_name_in_use_is_refused(store, name):
    store.moderators.add("Opal", "hash")

    with pytest.raises(StorageError, match="already"):
        store.moderators.add(name, "other hash")

    assert len(store.moderators.everyone()) == 1


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 65, "\x00", "\ud800"])
def test_a_name_that_cannot_be_one_is_refused(store, name):
    with pytest.raises(StorageError, match="cannot be a name"):
        store.moderators.add(name, "hash")


def test_a_role_that_does_not_exist_is_refused(store):
    with pytest.raises(StorageError, match="'king'"):
        store.moderators.add("Opal", "hash", role="king")


def test_an_account_that_ended_cannot_sign_in_and_frees_its_name(store):
    first = store.moderators.add("Opal", "hash")

    store.moderators.end("opal")
    second = store.moderators.add("Opal", "other hash")

    ended = store.moderators.by_id(first.id)
    assert ended.ended_at is not None
    assert ended.generation > first.generation
    assert store.moderators.by_name("Opal") == second
    assert [found.id for found in store.moderators.everyone()] == [first.id, second.id]
    with pytest.raises(NotFound, match="Beryl"):
        store.moderators.end("Beryl")


def test_the_cases_of_an_account_that_ended_go_back_to_the_queue(store, chat, ann, moderator, colleague):
    chat.prompt(ann, action=Action.BLOCK)
    held = store.desk.next_case(moderator)

    store.moderators.end("Opal")

    assert store.desk.waiting() == 1
    assert store.desk.next_case(colleague).summary.id == held.summary.id


def test_signing_out_everywhere_raises_the_generation(store, moderator):
    store.moderators.sign_out_everywhere(moderator)

    assert store.moderators.by_id(moderator).generation == 2
    with pytest.raises(NotFound):
        store.moderators.sign_out_everywhere("nobody")
