import pytest

from safety.types import Action
from storage.replaying import side_of, under
from storage.types import NewThreshold, StorageError

TERMS = NewThreshold("rules", "1", "A", "prompt", 0.8, 0.9, 0.1, 0.9, 50, 0, "ltt")


def body(action, *findings, checks="pass"):
    """A stored verdict with findings of (check, clause, score, action)."""
    names = ("check", "clause", "score", "action")
    return {
        "action": action,
        "findings": [dict(zip(names, found, strict=True)) for found in findings],
        "checks": {"rules": checks},
    }


@pytest.mark.parametrize(
    ("stored", "would"),
    [
        (body("flag", ("rules", "A", 0.8, "flag")), Action.SUPPORT),
        (body("flag", ("rules", "A", 0.79, "flag")), Action.FLAG),
        (body("block", ("rules", "A", 0.79, "block")), Action.FLAG),
        (body("block", ("rules", "A", 0.9, "block")), Action.SUPPORT),
        (body("block", ("rules", "A", 0.5, "flag"), ("rules", "B", 0.9, "block")), Action.BLOCK),
        (body("block", ("rules", "A", 0.5, "block"), ("other", "A", 0.9, "flag")), Action.FLAG),
        (body("flag", ("rules", "A", 0.9, "flag"), checks="error"), Action.FLAG),
        (body("block", ("rules", "A", 0.1, "block"), checks="not_checked"), Action.BLOCK),
        (body("allow"), Action.ALLOW),
    ],
)
def test_a_stored_verdict_tells_what_it_would_have_been(stored, would):
    assert under(stored, TERMS, Action.SUPPORT) is would


@pytest.mark.parametrize("name", ["prompt", "response", "post"])
def test_a_side_is_known_by_its_name(name):
    assert side_of(name) == name


def test_a_name_that_is_no_side_is_refused():
    with pytest.raises(StorageError, match="'left'"):
        side_of("left")
