"""Payment cards and bank accounts, by their check digits and, where these are weak, by words before them."""

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.us import rtn

from safety.checks.identifiers.reading import Found, Reading, alone

_CARD = re.compile(
    r"(?<![A-Za-z0-9_])(?<![0-9][.,])"
    r"(?=(?P<number>[0-9]{12,19}|[0-9]{4}(?P<by>[ .-])(?:[0-9]{4}(?P=by)){2}[0-9]{4}(?:(?P=by)[0-9]{1,3})?"
    r"|[0-9]{4}(?P<by6>[ .-])[0-9]{6}(?P=by6)[0-9]{4,5})(?![A-Za-z0-9_])(?![.,][0-9]))"
)
_LEADING = re.compile(
    r"4[0-9]{12}(?:[0-9]{3})?(?:[0-9]{3})?|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}|3(?:0[0-59]|[689][0-9])[0-9]{11,16}|(?:6011|65[0-9]{2}|64[4-9][0-9])[0-9]{12,15}"
    r"|62[0-9]{14,17}|35(?:2[89]|[3-8][0-9])[0-9]{12,15}|(?:2131|1800)[0-9]{11}|9792[0-9]{12}|220[0-4][0-9]{12,15}"
)
"""What the networks issue: Visa, Mastercard, American Express, Diners, Discover, UnionPay, JCB, Troy, Mir."""

_FOUR_GROUPS = len("1234 1234 1234 1234")
_SHORT = 12
_MAESTRO = re.compile(r"(?:5[06-9]|6[0-9])[0-9]{10}|0604[0-9]{8}")
"""What may have twelve digits only."""

_ISSUED = re.compile(r"(?:[2-69]|1800)[0-9]+")
"""What is a card's where somebody calls it so; other first digits are airlines' and oil companies'."""

_ALONE = (14, 15, 16)
"""Lengths that say enough by themselves; 13 and 19 digits are as often bar codes and ids."""

_CARD_WORDS = re.compile(
    r"card|credit|debit|visa|master|amex|카드|신용|체크|カード|クレジット|デビット|卡号|信用卡|银行卡|借记卡|卡片|刷卡"
)
_IBAN = alone(r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?")
_IBAN_LENGTHS = range(15, 35)
_GROUPS = "[0-9](?:[ -]?[0-9]){6,18}"
_ACCOUNT = re.compile(
    r"(?:account|acct|a/c|\bacc(?:num)?\b)[ ]{0,2}(?:number|num|no\.?|#|id)?(?: is| was|:|[ ]?=)?[ ]{0,2}"
    rf"['\"#(]{{0,2}}(?P<latin>[A-Z]{{0,8}}{_GROUPS}[A-Z]?)(?![A-Za-z0-9_])|"
    rf"(?:계좌|口座番号|账号|账户|帳號)[^0-9\n]{{0,12}}(?P<other>{_GROUPS})(?![A-Za-z0-9_])",
    re.IGNORECASE | re.ASCII,
)
_ROUTING = alone(r"[0-9]{9}")
_ROUTING_WORDS = re.compile(r"routing|\baba\b|\brtn\b")
_SORT_CODE = alone(r"[0-9]{2}-[0-9]{2}-[0-9]{2}")
_SORT_CODE_WORDS = re.compile(r"sort ?code")


def money(reading: Reading) -> Iterator[Found]:
    """Cards, IBANs, and account and routing numbers that are called so."""
    yield from _cards(reading)
    yield from _ibans(reading)
    for match in _ACCOUNT.finditer(reading.plain):
        name = "latin" if match["latin"] else "other"
        yield Found("bank_account", "account", *match.span(name), 0.6)
    for match in _ROUTING.finditer(reading.plain):
        if rtn.is_valid(match[0]) and reading.said_before(match.start(), _ROUTING_WORDS):
            yield Found("bank_account", "us_routing", *match.span(), 0.9)
    for match in _SORT_CODE.finditer(reading.plain):
        if reading.said_before(match.start(), _SORT_CODE_WORDS):
            yield Found("bank_account", "gb_sort_code", *match.span(), 0.8)


def _cards(reading: Reading) -> Iterator[Found]:
    for match in _CARD.finditer(reading.plain):
        is_said = reading.said_before(match.start(), _CARD_WORDS)
        # Behind four groups of four there may be a fifth, or the day on which the card expires.
        for number in dict.fromkeys((match["number"], match["number"][:_FOUR_GROUPS])):
            if _is_card(number, is_said=is_said):
                yield Found(
                    "card", "card", match.start(), match.start() + len(number), 0.95 if is_said else 0.85
                )
                break


def _is_card(number: str, *, is_said: bool) -> bool:
    digits = re.sub("[ .-]", "", number)
    if len(set(digits)) == 1 or not luhn.is_valid(digits):
        return False
    if _LEADING.fullmatch(digits) and (len(digits) in _ALONE or number != digits):
        return True
    return is_said and (_MAESTRO if len(digits) == _SHORT else _ISSUED).fullmatch(digits) is not None


def _ibans(reading: Reading) -> Iterator[Found]:
    for match in _IBAN.finditer(reading.plain):
        # Words may follow an IBAN that is written in groups, so the longest valid beginning is taken.
        ends = [match.end(), *(match.start() + gap.start() for gap in re.finditer("[ -]", match[0]))]
        for end in sorted(ends, reverse=True):
            number = re.sub("[ -]", "", reading.plain[match.start() : end])
            if len(number) in _IBAN_LENGTHS and iban.is_valid(number, check_country=False):
                yield Found("bank_account", "iban", match.start(), end, 0.95)
                break
