import pytest

from safety.types import Action
from storage.types import NotFound, StorageError


def test_a_moderator_is_found_by_name_in_any_case_of_letters(store):
    opal = store.add_moderator(" Opal ", "hash", role="lead")

    assert store.moderator_by_name("OPAL") == opal
    assert store.moderator(opal.id) == opal
    assert (opal.name, opal.role, opal.generation, opal.ended_at) == ("Opal", "lead", 1, None)
    assert store.moderator_by_name("Garnet") is None
    assert store.moderator("nobody") is None


@pytest.mark.parametrize("name", ["opal", "OPAL"])
def test_a_name_in_use_is_refused(store, name):
    store.add_moderator("Opal", "hash")

    with pytest.raises(StorageError, match="already"):
        store.add_moderator(name, "other hash")

    assert len(store.moderators()) == 1


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 65, "\x00", "\ud800"])
def test_a_name_that_cannot_be_one_is_refused(store, name):
    with pytest.raises(StorageError, match="cannot be a name"):
        store.add_moderator(name, "hash")


def test_a_role_that_does_not_exist_is_refused(store):
    with pytest.raises(StorageError, match="'king'"):
        store.add_moderator("Opal", "hash", role="king")


def test_an_account_that_ended_cannot_sign_in_and_frees_its_name(store):
    first = store.add_moderator("Opal", "hash")

    store.end_moderator("opal")
    second = store.add_moderator("Opal", "other hash")

    ended = store.moderator(first.id)
    assert ended.ended_at is not None
    assert ended.generation > first.generation
    assert store.moderator_by_name("Opal") == second
    assert [found.id for found in store.moderators()] == [first.id, second.id]
    with pytest.raises(NotFound, match="Beryl"):
        store.end_moderator("Beryl")


def test_the_cases_of_an_account_that_ended_go_back_to_the_queue(store, chat, ann, moderator, colleague):
    chat.prompt(ann, action=Action.BLOCK)
    held = store.next_case(moderator)

    store.end_moderator("Opal")

    assert store.waiting() == 1
    assert store.next_case(colleague).summary.id == held.summary.id


def test_signing_out_everywhere_raises_the_generation(store, moderator):
    store.sign_out_everywhere(moderator)

    assert store.moderator(moderator).generation == 2
    with pytest.raises(NotFound):
        store.sign_out_everywhere("nobody")
