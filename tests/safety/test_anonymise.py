import pytest

from safety.anonymise import anonymised


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to ann.beck@gmail.com today", "Write to «E-MAIL ADDRESS» today"),
        ("Pay with 4111 1111 1111 1111.", "Pay with «CARD NUMBER»."),
        ("전화번호는 010-9876-5432", "전화번호는 «PHONE NUMBER»"),
    ],
)
def test_identifiers_are_taken_out_also_where_the_policy_lets_them_pass(text, left):
    assert anonymised(text) == left


@pytest.mark.parametrize("text", ["", "What is the capital of Norway?", "In 1998 there were 4,111 of them."])
def test_a_text_without_any_stays_as_it_is(text):
    assert anonymised(text) == text
