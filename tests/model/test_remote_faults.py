import pytest

from model.remote_faults import Unavailable, of_status, too_long


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("`inputs` must have less than 1024 tokens. Given: 2000", (2000, 1024)),
        (
            "maximum context length is 32,768 tokens. However, your request would use ~40,014 tokens",
            (40014, 32768),
        ),
        ("your prompt contains at least 7681 input tokens; maximum context length is 8192", (7681, 8192)),
        ("maximum context length is 8192", None),
        ("Server is pinned to 'x'", None),
        ("", None),
    ],
)
def test_the_count_and_the_limit_are_read_where_the_server_gives_both(said, numbers):
    found = too_long(said)

    assert (found and (found.tokens, found.limit)) == numbers


@pytest.mark.parametrize(("value", "wait"), [("3", 3.0), ("", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)])
def test_a_server_says_how_long_to_wait_in_seconds(value, wait):
    fault = of_status(429, {"retry-after": value}, b"")

    assert isinstance(fault, Unavailable)
    assert fault.wait == wait
