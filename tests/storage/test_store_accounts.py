import pytest

from storage.types import NotFound, StorageError


@pytest.fixture
def account(store):
    return store.accounts.add("Ann", "a hash")


def test_an_account_is_found_by_its_name_in_any_case_and_by_its_id(store, account):
    assert store.accounts.by_name(" aNN ") == store.accounts.by_id(account.id) == account
    assert store.accounts.by_name("bob") is None and store.accounts.by_id("bob") is None


def test_a_name_that_is_in_use_or_cannot_be_one_is_refused(store, account):
    for name, sentence in (("ANN", "already"), ("", "cannot be a name"), ("a\nb", "cannot be a name")):
        with pytest.raises(StorageError, match=sentence):
            store.accounts.add(name, "a hash")

    assert store.accounts.everyone() == (account,)


def test_an_ended_account_gives_its_name_back_and_keeps_what_is_theirs(store, account):
    conversation = store.start_conversation(account.id)

    store.accounts.end(account.id)
    second = store.accounts.add("Ann", "another hash")

    assert store.accounts.by_id(account.id).ended_at is not None
    assert store.accounts.by_name("ann") == second
    assert store.conversations(account.id) == (conversation,)
    assert store.conversations(second.id) == ()


def test_each_end_of_sign_ins_raises_the_generation(store, account):
    store.accounts.sign_out_everywhere(account.id)
    changed = store.accounts.change_password(account.id, "a new hash")

    assert changed.generation == account.generation + 2
    assert changed.password_hash == "a new hash"


def test_nothing_can_be_done_to_an_account_that_is_none_or_has_ended(store, account):
    store.accounts.end(account.id)

    for account_id in (account.id, "nobody"):
        for act in (store.accounts.end, store.accounts.sign_out_everywhere):
            with pytest.raises(NotFound):
                act(account_id)
        with pytest.raises(NotFound):
            store.accounts.change_password(account_id, "a hash")


def test_the_audit_log_tells_what_happened_to_accounts_without_their_names(store, account):
    store.accounts.change_password(account.id, "a hash", by_host=True)
    store.accounts.sign_out_everywhere(account.id)
    store.accounts.end(account.id)

    events = store.audit.events()[::-1]
    person = store.audit.pseudonym(account.id)
    assert [(event.actor, event.action) for event in events] == [
        ("host", "account added"),
        ("host", "password changed"),
        (person, "signed out everywhere"),
        ("host", "account ended"),
    ]
    assert {event.object_id for event in events} == {person}


def test_an_export_names_the_account(store, account):
    assert store.export_person(account.id)["account"]["name"] == "Ann"
    assert store.export_person("visitor")["account"] is None
