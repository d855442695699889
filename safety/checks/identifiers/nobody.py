"""Numbers and addresses that a reply may give to anybody: kept for examples, or free to call."""

import re

import phonenumbers

from safety.checks.identifiers.reading import Found

_EXAMPLE_DOMAIN = re.compile(
    r"(?:^|[.@])(?:example\.(?:com|net|org)|[a-z0-9-]+\.(?:example|test|invalid)|localhost)$"
)
_FICTIONAL = re.compile(r"(?:1?[2-9][0-9]{2})?555[0-9]{4}")
"""North American numbers that films use."""


def is_nobodys(found: Found, value: str) -> bool:
    """Whether this is an address for examples (RFC 2606), a number of fiction or one that is free to call."""
    if found.kind == "email":
        return _EXAMPLE_DOMAIN.search(value.lower()) is not None
    if found.kind == "phone":
        return _FICTIONAL.fullmatch(re.sub("[^0-9]", "", value)) is not None or _is_toll_free(value)
    return False


def _is_toll_free(value: str) -> bool:
    try:
        number = phonenumbers.parse(value, "US")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.TOLL_FREE
