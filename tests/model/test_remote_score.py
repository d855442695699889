import json
from math import log

import pytest

from model.catalog import DEMO_FOLDER
from model.remote_score import Likely, probabilities
from model.types import Message, ModelError
from tests.model.scripted import answers


def told(*likely):
    """What a server that gives log probabilities answers."""
    top = [{"token": token, "logprob": log(probability)} for token, probability in likely]
    content = [{**top[0], "top_logprobs": top}]
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "x"}}
    return json.dumps({"choices": [{**choice, "logprobs": {"content": content}}]})


@pytest.mark.parametrize("tokenizer", [None, str(DEMO_FOLDER)])
async def test_choices_share_the_probability_of_their_first_tokens(scripted, over, tokenizer):
    server = await scripted(answers(200, told(("Sorry", 0.6), ("No", 0.2), ("Perhaps", 0.1))))

    scores = await (await over(server, tokenizer=tokenizer)).score([Message("user", "?")], ("No", "Sorry"))

    assert scores == pytest.approx((0.25, 0.75))
    asked = server.requests[0]
    assert (asked["max_tokens"], asked["logprobs"], asked["top_logprobs"]) == (1, True, 20)


def test_a_choice_that_is_not_among_the_listed_counts_as_nothing():
    assert probabilities([Likely("Yes", 0.9)], ["Yes", "No"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("likely", "begins", "sentence"),
    [
        ([Likely("Y", 0.5)], ["Yes", "Yeah"], "begin with the same token"),
        ([Likely("x", 0.5)], ["Yes", "No"], "finds none of these choices likely"),
        ([Likely("", 0.5)], ["Yes", "No"], "finds none of these choices likely"),
    ],
)
def test_what_cannot_be_told_apart_is_not_guessed(likely, begins, sentence):
    with pytest.raises(ModelError, match=sentence):
        probabilities(likely, begins)


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"choices": []}'])
async def test_rubbish_instead_of_scores_is_one_clear_sentence(scripted, over, body):
    model = await over(await scripted(answers(200, body)))

    with pytest.raises(ModelError, match="The model's server gave an answer that cannot be read"):
        await model.score([Message("user", "?")], ("Yes", "No"))
    assert model.active == 0
