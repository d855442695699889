"""Phone numbers: valid ones by the plans that phonenumbers knows, others where a word names them."""

import re
from collections.abc import Iterator

import phonenumbers

from safety.checks.identifiers.reading import Found, Reading

_GROUP_BREAK = r"[ .\-ー]|\) ?-?|[ -]?\("
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_@#/=+])(?<![0-9][.,:-])"
    rf"(?P<number>(?:\+|00)?\(?[0-9]{{1,11}}(?:/[0-9]{{1,9}})?(?:(?:{_GROUP_BREAK})[0-9]{{1,9}}){{0,6}})"
    r"(?P<extension> ?(?:x|ext\.? ?|내선 ?|内線 ?|转 ?)[0-9]{1,6})?(?![A-Za-z0-9_@%]|[.,:/][0-9]|-[0-9])",
    re.ASCII | re.IGNORECASE,
)
_MOST_CHARACTERS = 34
_WORDS = re.compile(
    r"phone|\bmy number|\btel\b|\btel[.:]|\bcell|mobile|\bfax|\bcall|\bdial|\bring\b|\breach|hotline|"
    r"whatsapp|\bsms\b|\btext (?:me|us|him|her|them)\b|answering|contact|desk:|home:|work:|messages? to|"
    r"registered|전화|연락|휴대|핸드폰|폰번호|팩스|电话|電話|手机|手機|联系|聯絡|致电|拨打|携帯|連絡|ファックス|"
    r"telefon|téléphone|teléfono|móvil|handy"
)
_WORDS_BEHIND = re.compile(
    r"-(?:office|fax|mobile|home|work)|\((?:mobile|cell|home|office|fax|work)\)", re.IGNORECASE
)
_NO_PHONE_WORDS = re.compile(
    r"isbn|issn|doi|order|invoice|tracking|serial|\bssn\b|social security|account|routing|card|zip|version|"
    r"licen[cs]e|\bid\b|\bport\b|\bpin\b|계좌|주문|订单|注文|口座|账号"
)
_REACH_OF_THOSE = 16
_TRUNK_REGIONS = (
    "GB", "KR", "JP", "CN", "DE", "FR", "IN", "BR", "AU", "NL", "CH", "SE", "AT", "BE", "ZA", "IL", "RU",
    "TR", "VN", "TH", "ID", "PH", "TW",
)  # fmt: skip
"""Where a number that is dialled within the country begins with 0."""

_MOBILE = re.compile(
    r"01[016789][-. ]?[0-9]{3,4}[-. ]?[0-9]{4}|1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|"
    r"0[789]0[-ー ]?[0-9]{4}[-ー ]?[0-9]{4}"
)
"""Mobile numbers of Korea, China and Japan, which need no word beside them."""

_ZIP_PLUS_4 = [5, 4]
_DATE = re.compile(
    r"(?:(?:19|20)[0-9]{2}[.-][01]?[0-9][.-][0-3]?[0-9]|[0-3]?[0-9][.-][0-3]?[0-9][.-](?:19|20)[0-9]{2})(?![0-9])"
)


def phones(reading: Reading) -> Iterator[Found]:
    """Phone numbers with their extension."""
    for match in _NUMBER.finditer(reading.plain):
        start, end = match.span()
        if not 6 <= end - start <= _MOST_CHARACTERS:
            continue
        number = match["number"]
        is_said = _is_said(reading, start, end)
        score = _score(number, is_said=is_said)
        if score and not reading.said_before(start, _NO_PHONE_WORDS, _REACH_OF_THOSE):
            yield Found("phone", "phone", start, end, score)


def _is_said(reading: Reading, start: int, end: int) -> bool:
    behind = _WORDS_BEHIND.match(reading.plain, end)
    return behind is not None or reading.said_before(start, _WORDS)


def _score(number: str, *, is_said: bool) -> float:
    digits = re.sub("[^0-9]", "", number)
    if not 6 <= len(digits) <= 15 or _DATE.match(number) or len(set(digits)) < 3:
        return 0.0
    if number.startswith(("+", "00")):
        international = digits if number.startswith("+") else digits[2:]
        if _is_possible(international):
            return 0.85 if is_said or _is_valid("+" + international, None) else 0.6
        return 0.6 if is_said else 0.0
    if is_said:
        return 0.7 if len(digits) <= 13 else 0.0
    groups = re.split("[^0-9]+", number.strip("()"))
    if _MOBILE.fullmatch(number):
        return 0.6
    return 0.55 if len(groups) > 1 and _is_national(groups, number) else 0.0


def _is_national(groups: list[str], number: str) -> bool:
    """Whether a number in groups is one that is dialled somewhere, in a form that is used for little else."""
    digits, sizes = "".join(groups), [len(group) for group in groups]
    if sizes[-3:] == [3, 3, 4] and len(digits) in (10, 11):
        return _is_valid(digits, "US")
    is_of_another_kind = sizes[0] < 2 or sizes == _ZIP_PLUS_4 or (len(sizes) == 4 and max(sizes) <= 3)
    if not 9 <= len(digits) <= 11 or is_of_another_kind:
        return False
    if digits.startswith("0"):
        return any(_is_valid(digits, region) for region in _TRUNK_REGIONS)
    return number.startswith("(") and any(_is_valid(digits, region) for region in ("BR", "MX", "US"))


def _is_possible(international: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse("+" + international))
    except phonenumbers.NumberParseException:
        return False


def _is_valid(digits: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False
