from dataclasses import replace

import pytest

from storage.keys import keys_from
from storage.sealing import seal, unseal
from storage.types import StorageError

KEYS = keys_from(b"e" * 32, b"a" * 32)


def test_what_was_sealed_can_be_read_again_and_says_nothing_by_itself():
    kept = seal(KEYS, b"a quiet word", "1")

    assert unseal(KEYS, kept, "1", "note") == b"a quiet word"
    assert b"quiet" not in kept.sealed + kept.wrapped_key
    assert seal(KEYS, b"a quiet word", "1").sealed != kept.sealed


def test_an_older_key_still_reads_what_it_sealed():
    kept = seal(KEYS, b"a quiet word", "1")
    rotated = keys_from([b"f" * 32, b"e" * 32], b"a" * 32)

    assert unseal(rotated, kept, "1", "note") == b"a quiet word"


def test_under_another_key_the_sentence_names_the_one_that_is_missing():
    kept = seal(KEYS, b"a quiet word", "1")

    with pytest.raises(StorageError, match=f"The note 1 was sealed with the evidence key {kept.key_id}"):
        unseal(keys_from(b"f" * 32, b"a" * 32), kept, "1", "note")


@pytest.mark.parametrize("part", ["wrapped_key", "sealed"])
def test_altered_words_are_refused(part):
    kept = seal(KEYS, b"a quiet word", "1")
    whole = getattr(kept, part)
    altered = replace(kept, **{part: whole[:-1] + bytes([whole[-1] ^ 1])})

    with pytest.raises(StorageError, match="has been altered"):
        unseal(KEYS, altered, "1", "note")


def test_what_was_sealed_for_one_row_is_not_read_as_another():
    with pytest.raises(StorageError, match="has been altered"):
        unseal(KEYS, seal(KEYS, b"a quiet word", "1"), "2", "note")
