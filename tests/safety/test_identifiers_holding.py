"""However a reply is cut into chunks, what is released of it begins as its redacted whole does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.checks.identifiers import Identifiers, settled
from safety.checks.identifiers.holding import LONGEST
from safety.guard import Guard
from safety.hold_back import hold_back
from safety.policy import policy_for
from safety.redaction import Redaction, merged, redacted
from safety.types import Action, Text

KEY = "a1B2c3D4e5F6g7H8"
PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *[KEY * 4] * 4, "kx0=", "-----END RSA PRIVATE KEY-----"])
IDENTIFIERS = (
    "4111 1111 1111 1111", "3782-822463-10005", "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432",
    "536-90-4399", "900101-1234568", "110101199003074514", "AB 12 34 56 C", "passport number XG9382049",
    "account number 1234 5678 9012", "+82 10-1234-5678", "(415) 267-2671x1234", "call 668 5702-office",
    "ann.lee+x@mail.host.org", "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    f"sk-ant-api03-{KEY * 5}", f"eyJ{KEY * 3}.eyJ{KEY * 6}.{KEY * 2}", "password: Winter2024!x",
    f"api_key = '{KEY}'", "비밀번호는 abc123!@", "https://bob:s3cr3tpw@db.host", PEM,
    "４１１１　１１１１　１１１１　１１１１", "4\u200b111\u200b111111111111",
)  # fmt: skip
BETWEEN = (
    "Hello there, ", "카드 번호: ", "and then 12 34 ", "call ", "\n", "x ", "", "版本 ", "a@", "2024-01-02 ",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 ", "(", "=", "card ", "," , " is ", " 99", "AB ", "-----", "eyJ",
)  # fmt: skip
CHECK = Identifiers()


def redactions(text):
    """Everything found in a text, to be taken out."""
    signals = CHECK.check(Text(text, "prompt")).signals
    return merged(Redaction(span.start, span.end, one.kind) for one in signals for span in one.spans)


def leaks(text):
    """The lengths at which more of a text would have been shown than its redacted whole allows."""
    whole = redacted(text, redactions(text))
    shown = (
        (end, redacted(text[:end], redactions(text[:end]), settled(text[:end]))) for end in range(len(text))
    )
    return [end for end, begun in shown if not whole.startswith(begun)]


@pytest.mark.parametrize("identifier", IDENTIFIERS, ids=lambda one: one[:12])
def test_no_character_of_an_identifier_is_settled_before_its_end(identifier):
    assert redactions(f"see {identifier} there")
    assert leaks(f"Well, it is {identifier}. That is all that I know.") == []


@given(st.lists(st.sampled_from((*IDENTIFIERS[:-3], *BETWEEN)), max_size=6).map("".join))
def test_a_text_of_identifiers_side_by_side_is_never_shown_in_part(text):
    assert leaks(text[:400]) == []


@given(st.text(alphabet="0123456789 .-+()@abAB\n\u200b４：ー가", max_size=120))
def test_a_text_of_digits_and_signs_is_never_shown_in_part(text):
    assert leaks(text) == []


def test_plain_words_are_settled_at_once():
    text = "Bread needs flour, water and time. "

    assert settled(text) == len(text)
    assert settled(text + "빵은 밀가루와 물로 만듭니다") == len(text + "빵은 밀가루와 물로 만듭니다")


def test_a_run_without_end_is_held_no_further_than_a_bound():
    assert settled("x" * (3 * LONGEST)) == 2 * LONGEST
    assert settled("1" * (3 * LONGEST)) == 2 * LONGEST


@pytest.mark.parametrize("size", [1, 7, 50])
async def test_a_streamed_reply_never_shows_any_of_an_identifier(size):
    guard = Guard([CHECK], policy_for("identifiers", profile="strict"))
    dice = random.Random(size)

    async def judge(text):
        return await guard.judge(Text(text, "response", prompt="Who is it?", lang="en"))

    async def chunks(text):
        for at in range(0, len(text), size):
            yield text[at : at + size]

    for identifier in IDENTIFIERS[:: 1 if size > 1 else 4]:
        lead = "Here is what I have found for you today, my friend. "[dice.randrange(52) :]
        text = f"{lead}{identifier} and nothing more than that, as far as I can see from here. "
        passed = [one async for one in hold_back(chunks(text), judge)]

        whole = passed[-1].text
        assert passed[-1].verdict.action is Action.REDACT, identifier
        assert whole == passed[-1].judged == redacted(text, passed[-1].verdict.redactions)
        assert all(whole.startswith(one.text) for one in passed), identifier
        assert "«" in whole
    guard.close()
