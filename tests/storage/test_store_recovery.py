import time
from concurrent.futures import ThreadPoolExecutor

from storage import recovery


def test_a_code_gives_its_owner_once_and_ends_the_cookies_of_before(store, ann):
    store.recovery.keep(ann, "digest")
    assert store.recovery.generation(ann) == 0

    assert store.recovery.use("digest") == ann
    assert store.recovery.use("digest") is None
    assert store.recovery.generation(ann) == 1


def test_an_unknown_code_changes_nothing(store, ann):
    store.recovery.keep(ann, "digest")

    assert store.recovery.use("other") is None
    assert store.recovery.generation(ann) == 0


def test_a_code_used_many_times_at_once_works_once(store, ann):
    store.recovery.keep(ann, "digest")

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(store.recovery.use, ["digest"] * 8))

    assert sorted(found, key=str) == [None] * 7 + [ann]
    assert store.recovery.generation(ann) == 1


def test_a_new_code_replaces_the_one_before_and_no_other_persons(store, ann, bob):
    store.recovery.keep(bob, "bob's")
    store.recovery.keep(ann, "first")
    store.recovery.keep(ann, "second")

    assert store.recovery.use("first") is None
    assert (store.recovery.use("second"), store.recovery.use("bob's")) == (ann, bob)


def test_erasing_a_person_takes_their_code_along(store, ann):
    store.recovery.keep(ann, "digest")

    store.erase_person(ann)

    assert store.recovery.use("digest") is None
    assert store.audit.first_broken() is None


def test_somebody_unknown_has_the_first_generation(store):
    assert store.recovery.generation("nobody") == 0


def test_what_another_process_changed_is_known_after_a_moment(store, ann, monkeypatch):
    monkeypatch.setattr(recovery, "FRESH", 0.2)
    store.recovery.keep(ann, "digest")
    assert store.recovery.generation(ann) == 0
    assert store._transactions.write(recovery._use, "digest") == ann

    time.sleep(0.3)

    assert store.recovery.generation(ann) == 1


def test_however_many_people_ask_few_generations_are_remembered(store, monkeypatch):
    monkeypatch.setattr(recovery, "MOST_KNOWN", 3)

    for number in range(20):
        store.recovery.generation(f"person {number}")

    assert len(store.recovery._known) <= 3
