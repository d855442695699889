"""What was written with an older key stays readable, and what is new is written with the newest."""

import pytest

from safety.types import Action
from storage.types import StorageError

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


@pytest.fixture
def sealed(opened, ann, verdict):
    """A store opened with the old keys, in which a case was sealed and an event chained."""
    store = opened(evidence_key=OLD, audit_key=OLD)
    conversation = store.start_conversation(ann)
    prompt = store.save_prompt(ann, conversation.id, "Before the rotation")
    store.record_prompt(ann, prompt.id, verdict(Action.BLOCK))
    store.moderators.add("Opal", "not a real hash")
    return store


def test_evidence_from_before_a_rotation_is_read_and_new_evidence_sealed_anew(sealed, opened, ann, verdict):
    sealed.close()
    rotated = opened(evidence_key=(NEW, OLD), audit_key=(NEW, OLD))
    moderator = rotated.moderators.by_name("Opal").id
    conversation = rotated.start_conversation(ann)
    prompt = rotated.save_prompt(ann, conversation.id, "After the rotation")
    rotated.record_prompt(ann, prompt.id, verdict(Action.BLOCK))

    texts = {rotated.desk.case(case.id, moderator).evidence[-1].text for case in rotated.desk.cases()}

    assert texts == {"Before the rotation", "After the rotation"}
    rotated.close()
    only_new = opened(evidence_key=NEW, audit_key=(NEW, OLD))
    read = []
    for case in only_new.desk.cases():
        try:
            read.append(only_new.desk.case(case.id, moderator).evidence[-1].text)
        except StorageError as error:
            assert "was sealed with the evidence key" in str(error)
    assert read == ["After the rotation"]


def test_an_audit_chain_across_rotations_verifies_with_all_its_keys_and_not_without(sealed, opened):
    sealed.close()
    rotated = opened(evidence_key=OLD, audit_key=(NEW, OLD))
    rotated.audit.record("host", "keys rotated", "keys")
    before = rotated.audit.events(1)[0].seq

    assert rotated.audit.first_broken() is None
    assert opened(evidence_key=OLD, audit_key=(OTHER, NEW, OLD)).audit.first_broken() is None
    assert opened(evidence_key=OLD, audit_key=NEW).audit.first_broken() == 1
    assert opened(evidence_key=OLD, audit_key=OLD).audit.first_broken() == before


@pytest.mark.parametrize("several", [(), (NEW, b"short")])
def test_keys_that_are_missing_or_short_are_refused(opened, several):
    with pytest.raises(StorageError, match="it must be at least 16 random bytes"):
        opened(evidence_key=several)
