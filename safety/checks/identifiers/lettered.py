"""Check digits of ids that begin with letters, where python-stdnum has none: Taiwan, Hong Kong, Singapore."""

import string

_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""Its letters in the order of their numbers, from 10 on."""
_SINGAPORE = {
    "S": (0, "JZIHGFEDCBA"),
    "T": (4, "JZIHGFEDCBA"),
    "F": (0, "XWUTRQPNMLK"),
    "G": (4, "XWUTRQPNMLK"),
}
"""What each first letter adds to the sum, and the last letters by the sum's remainder."""


def is_taiwanese(number: str) -> bool:
    """Whether A123456789 has the right last digit."""
    letter = 10 + _TAIWAN.index(number[0])
    total = letter // 10 + letter % 10 * 9 + _weighed(number[1:9], 8) + int(number[9])
    return total % 10 == 0


def is_of_hong_kong(number: str) -> bool:
    """Whether A123456(3) or AB123456(9) has the right digit in brackets."""
    body, check = number[:-3], number[-2]
    letters = [10 + string.ascii_uppercase.index(letter) for letter in body[:-6]]
    first, second = [36, *letters][-2:]
    total = first * 9 + second * 8 + _weighed(body[-6:], 7) + int(check, 11)
    return total % 11 == 0


def is_of_singapore(number: str) -> bool:
    """Whether S1234567D has the right last letter."""
    added, letters = _SINGAPORE[number[0]]
    total = added + int(number[1]) * 2 + _weighed(number[2:8], 7)
    return letters[total % 11] == number[8]


def _weighed(digits: str, first: int) -> int:
    """The sum of the digits, the first times `first`, each later one times one less."""
    return sum(int(digit) * (first - place) for place, digit in enumerate(digits))
