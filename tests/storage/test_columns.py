import json

import pytest

from storage.columns import from_json, new_id


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"score": 0.1, "lang": "한국어", "deep": [1, [2, {"a": None}]]},
        2**63,
        -0.0,
        "\ud83d half a pair",
    ],
)
def test_json_reads_back_as_it_was_written(value):
    assert from_json(json.dumps(value)) == value


def test_ids_grow():
    ids = [new_id() for _ in range(1_000)]

    assert ids == sorted(set(ids))
