from hypothesis import given
from hypothesis import strategies as st

from safety.redaction import Places, Redaction, merged, redacted
from safety.types import Action, Finding, Span, Verdict

TEXT = "Pay 4111 now, mail ann@b.org soon."
CARD, MAIL = Redaction(4, 8, "card"), Redaction(19, 28, "email")
PIECES = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from(["card", "email", None])).map(
        lambda drawn: Redaction(drawn[0], drawn[0] + drawn[1], drawn[2])
    )
)


def test_a_piece_is_replaced_by_words_that_say_what_it_was():
    assert redacted(TEXT, (CARD, MAIL)) == "Pay «CARD NUMBER» now, mail «E-MAIL ADDRESS» soon."
    assert redacted(TEXT, ()) == TEXT
    assert redacted("", ()) == ""


def test_no_part_of_a_piece_is_given_before_its_end():
    assert redacted(TEXT, (CARD, MAIL), 8) == "Pay «CARD NUMBER»"
    assert [redacted(TEXT, (CARD, MAIL), end) for end in (0, 4, 5, 7)] == ["", "Pay ", "Pay ", "Pay "]


def test_pieces_that_overlap_are_one_and_called_what_the_longest_is():
    pieces = [
        Redaction(5, 9, "phone"),
        Redaction(0, 6, "card"),
        Redaction(8, 30, "key"),
        Redaction(40, 40, "ip"),
    ]

    assert merged(pieces) == (Redaction(0, 30, "key"),)
    assert merged([CARD, Redaction(8, 9, "ip")]) == (CARD, Redaction(8, 9, "ip"))


@given(PIECES)
def test_merged_pieces_stand_in_order_and_apart_and_cover_the_same(pieces):
    done = merged(pieces)

    assert all(first.end <= second.start for first, second in zip(done, done[1:], strict=False))
    covered = {at for one in pieces for at in range(one.start, one.end)}
    assert {at for one in done for at in range(one.start, one.end)} == covered


@given(PIECES, st.integers(0, 80), st.integers(0, 20))
def test_a_span_still_holds_the_same_words_in_the_redacted_text(pieces, start, length):
    text = "".join(chr(0x4E00 + at) for at in range(100))
    done = merged(pieces)
    places, after = Places(done), redacted(text, done)

    left = after[places.start(start) : places.end(start + length)]

    kept = {char for char in left if char in text}
    outside = [
        at for at in range(start, start + length) if not any(one.start <= at < one.end for one in done)
    ]
    assert kept == {text[at] for at in outside}


def test_a_verdict_is_kept_with_the_places_of_the_redacted_text():
    finding = Finding("PUP-4", "sexual", "rules", 0.9, 0.5, Action.FLAG, (Span(0, 3), Span(14, 28)))
    verdict = Verdict(Action.FLAG, 0.9, {}, (finding,), {}, "test/standard/n1", redactions=(CARD, MAIL))

    kept, text = verdict.after_redaction(), verdict.redacted(TEXT)

    assert [text[at.start : at.end] for at in kept.findings[0].spans] == ["Pay", "mail «E-MAIL ADDRESS»"]
    assert [text[one.start : one.end] for one in kept.redactions] == ["«CARD NUMBER»", "«E-MAIL ADDRESS»"]
    assert Verdict(Action.ALLOW, 0, {}, (), {}, "x").after_redaction().redactions == ()
