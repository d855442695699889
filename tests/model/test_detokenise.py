from hypothesis import given, settings
from hypothesis import strategies as st

from model.detokenise import Detokeniser


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_pieces_of_a_text_join_to_what_the_tokenizer_decodes(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False)
    detokeniser = Detokeniser(tokenizer)

    pieces = [detokeniser.text_of(number) for number in ids]

    assert "".join(pieces) == tokenizer.decode(ids, skip_special_tokens=True)
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in pieces)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_sequence_of_tokens_is_too_strange(tokenizer, data):
    ids = data.draw(st.lists(st.integers(0, len(tokenizer) - 1), max_size=60))
    detokeniser = Detokeniser(tokenizer)

    text = "".join(detokeniser.text_of(number) for number in ids)

    assert text.encode() is not None
    assert "<end_of_turn>" not in text
