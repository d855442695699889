import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from app.address import Addresses, address_of, comes_over_tls, noted_address, noted_tls


def request_from(peer, *forwarded, scheme="http", **headers):
    lines = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "client": (peer, 50000), "scheme": scheme, "headers": lines})


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "address"),
    [
        ("203.0.113.9", [], None, "203.0.113.9"),
        ("203.0.113.9", [], 0, "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.4"], 0, "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.4"], 1, "198.51.100.4"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.4"], 1, "198.51.100.4"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.4"], 1, "198.51.100.4"),
        ("10.0.0.2", ["6.6.6.6, 198.51.100.4, 10.0.0.1"], 2, "198.51.100.4"),
        ("127.0.0.1", ["198.51.100.4:4711"], 1, "198.51.100.4"),
        ("127.0.0.1", ["[2001:db8:1:2:3::4]:4711"], 1, "2001:db8:1:2::/64"),
        ("127.0.0.1", ["::ffff:198.51.100.4"], 1, "198.51.100.4"),
        ("2001:db8:1:2:9::1", [], None, "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_the_peers_or_the_one_that_our_own_proxies_wrote(peer, forwarded, hops, address):
    assert address_of(request_from(peer, *forwarded), hops) == address


@pytest.mark.parametrize("written", ["unknown", "", "1.2.3.4.5", "<script>", "_hidden"])
def test_an_entry_that_is_no_address_leaves_the_proxys_own(written):
    assert address_of(request_from("10.0.0.2", written), 1) == "10.0.0.2"


def test_a_request_that_passed_fewer_proxies_than_configured_has_its_peers_address():
    assert address_of(request_from("203.0.113.9", "6.6.6.6"), 2) == "203.0.113.9"


def test_behind_a_proxy_that_nobody_counted_the_address_is_unknown():
    assert address_of(request_from("10.0.0.2", "198.51.100.4"), None) == ""


def test_a_visitor_from_far_away_cannot_hide_behind_a_header():
    assert address_of(request_from("8.8.8.8", "6.6.6.6"), None) == "8.8.8.8"


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=40), max_size=5), st.integers(0, 3))
def test_no_header_breaks_the_reading_and_what_anybody_can_write_is_never_believed(written, hops):
    lines = [(b"x-forwarded-for", line.encode("latin-1")) for line in written]
    request = HTTPConnection(
        {
            "type": "http",
            "client": ("10.0.0.2", 1),
            "headers": [*lines, (b"x-forwarded-for", b"198.51.100.4")],
        }
    )

    assert address_of(request, hops) != "" and (hops != 1 or address_of(request, hops) == "198.51.100.4")


@pytest.mark.parametrize(
    ("scheme", "said", "hops", "is_tls"),
    [
        ("https", None, None, True),
        ("http", None, None, False),
        ("http", "https", None, False),
        ("http", "https", 0, False),
        ("http", "https", 1, True),
        ("http", "https, http", 1, False),
        ("https", "http", 1, False),
    ],
)
def test_tls_is_believed_of_the_connection_or_of_a_configured_proxy(scheme, said, hops, is_tls):
    headers = {} if said is None else {"x_forwarded_proto": said}

    assert comes_over_tls(request_from("127.0.0.1", scheme=scheme, **headers), hops) is is_tls


async def test_a_proxy_that_nobody_counted_is_warned_of_once_without_an_address(caplog):
    noted = []

    async def inner(scope, receive, send):
        noted.append((noted_address(HTTPConnection(scope)), noted_tls(HTTPConnection(scope))))

    addresses = Addresses(inner, hops=None)
    with caplog.at_level(logging.WARNING, logger="bezel.address"):
        for _ in range(3):
            await addresses(request_from("10.0.0.2", "198.51.100.4").scope, None, None)

    assert noted == [("", False)] * 3
    (warned,) = caplog.records
    assert "BEZEL_PROXY_HOPS" in warned.getMessage() and "198.51" not in warned.getMessage()
