"""E-mail addresses, addresses on a network, and wallets."""

import hashlib
import ipaddress
import re
from collections.abc import Iterator

from stdnum import bitcoin

from safety.checks.identifiers.reading import Found, Reading, alone

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9_.%+-])(?P<local>[A-Za-z0-9_](?:[A-Za-z0-9_.%+'-]{0,62}[A-Za-z0-9_+-])?)@"
    r"(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9_@]|-[A-Za-z0-9]|\.[A-Za-z0-9])"
)
_NO_DOMAIN = re.compile(r"png|jpe?g|gif|svg|webp|css|js|ts|py|html?|json|md|txt|pdf|mp[34]", re.IGNORECASE)
"""What stands after the last dot of a file, as in icon@2x.png."""

_NO_PERSON = frozenset({"git", "hg", "svn"})
"""The users of addresses that clone a repository."""

_IPV4 = re.compile(
    r"(?<![A-Za-z0-9_.])(?<![0-9]-)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![A-Za-z0-9_]|\.[0-9]|-[0-9])"
)
_VERSION_WORDS = re.compile(r"(?:version|release|build|\bv\.?|버전|版本|バージョン)[ :=]{0,2}$")
_IPV6 = re.compile(
    r"(?<![A-Za-z0-9_.:])(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:.]{5,45}(?![A-Za-z0-9_:])", re.ASCII
)
_SHORTEST_IPV6 = 6
"""Shorter ones, such as ::1, are nobody's."""
_MAC = alone(
    r"(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"
)

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_WALLET = alone(rf"[13LMTDXA9][{_BASE58}]{{25,34}}")
_VERSIONS = {
    0: "bitcoin",
    5: "bitcoin",
    48: "litecoin",
    50: "litecoin",
    65: "tron",
    30: "dogecoin",
    22: "dogecoin",
    76: "dash",
}
_BECH32_WALLET = alone(r"bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71}")
_TAPROOT = re.compile(r"bc1p[a-z0-9]{58}", re.IGNORECASE)
_PLAIN_WALLETS = (
    ("ethereum", alone(r"0x[0-9a-fA-F]{40}")),
    ("monero", alone(rf"[48][0-9AB][{_BASE58}]{{93}}")),
    ("cardano", alone(r"addr1[02-9ac-hj-np-z]{50,100}")),
    ("litecoin", alone(r"ltc1[02-9ac-hj-np-z]{38,62}")),
)


def network(reading: Reading) -> Iterator[Found]:
    """Addresses that people and their machines are reached at."""
    if "@" in reading.plain:
        yield from _emails(reading)
    for match in _IPV4.finditer(reading.plain):
        before = reading.lower[max(0, match.start() - 12) : match.start()]
        if _is_ip(match[0]) and not _VERSION_WORDS.search(before):
            yield Found("ip", "ipv4", *match.span(), 0.9)
    for match in _IPV6.finditer(reading.plain):
        written = match[0].rstrip(".")
        if len(written) >= _SHORTEST_IPV6 and _is_ip(written):
            yield Found("ip", "ipv6", match.start(), match.start() + len(written), 0.9)
    for match in _MAC.finditer(reading.plain):
        yield Found("ip", "mac", *match.span(), 0.8)


def wallets(reading: Reading) -> Iterator[Found]:
    """Addresses of wallets; those of Bitcoin's kin carry a checksum, the others are known by their form."""
    for match in _BASE58_WALLET.finditer(reading.plain):
        if name := _base58_name(match[0]):
            yield Found("wallet", name, *match.span(), 0.95)
    for match in _BECH32_WALLET.finditer(reading.plain):
        if bitcoin.is_valid(match[0]) or _TAPROOT.fullmatch(match[0]):
            yield Found("wallet", "bitcoin", *match.span(), 0.95)
    for name, pattern in _PLAIN_WALLETS:
        for match in pattern.finditer(reading.plain):
            yield Found("wallet", name, *match.span(), 0.8)


def _emails(reading: Reading) -> Iterator[Found]:
    for match in _EMAIL.finditer(reading.plain):
        ending = match["domain"].rpartition(".")[2]
        if not _NO_DOMAIN.fullmatch(ending) and match["local"].lower() not in _NO_PERSON:
            yield Found("email", "email", *match.span(), 0.95)


def _is_ip(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def _base58_name(address: str) -> str | None:
    """Whose address this is by its first byte, or None where its checksum is wrong."""
    number = 0
    for char in address:
        number = number * 58 + _BASE58.index(char)
    if number >> 200:
        return None
    raw = number.to_bytes(25, "big")
    checksum = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4]
    return _VERSIONS.get(raw[0]) if checksum == raw[-4:] else None
