import json

import pytest

from safety.checks.judge import ShieldGemma, TooLong
from safety.checks.judge.scorer import CONTEXT, context
from safety.checks.judge.shieldgemma import read_guidelines
from safety.policy import load_policy
from safety.types import SafetyError, Text

BOTH = ("violence", "hate")


class Scorer:
    """Says what it is told of each prompt, and keeps them; refuses prompts longer than `most` characters."""

    version = "tiny@abc"

    def __init__(self, yes=lambda prompt: 0.5, most=1_000_000):
        self.prompts = []
        self._yes = yes
        self._most = most

    def score(self, prompts, choices):
        assert choices == ("Yes", "No")
        written = ["".join(part.text for part in prompt) for prompt in prompts]
        if any(len(prompt) > self._most for prompt in written):
            raise TooLong("too long")
        self.prompts += prompts
        return [(self._yes(prompt), 1 - self._yes(prompt)) for prompt in written]


def asked(text, **told):
    scorer = Scorer(**told)
    return scorer, ShieldGemma(scorer).check(text)


def written(prompt):
    return "".join(part.text for part in prompt)


@pytest.mark.data
def test_the_guidelines_are_the_published_ones_word_for_word(eval_data):
    published = json.loads((eval_data / "policy" / "shieldgemma.json").read_text(encoding="utf-8"))

    shipped = read_guidelines()

    assert shipped.templates == published["templates"]
    assert shipped.prefixes == published["prefix"]
    assert {one.name: one.description for one in shipped.principles} == {
        one["name"]: one["description"] for one in published["policies"].values()
    }


@pytest.mark.data
@pytest.mark.parametrize(("side", "mode"), [("prompt", "prompt_only"), ("response", "prompt_response")])
def test_each_mode_writes_the_published_prompt_with_its_gaps_filled(eval_data, side, mode):
    published = json.loads((eval_data / "policy" / "shieldgemma.json").read_text(encoding="utf-8"))
    policy = published["policies"]["hate"]
    harm = published["harm_text_format"].format(prefix=published["prefix"][mode], **policy)
    filled = {"user_content": "Who?", "model_content": "They.", "harm_text": harm}
    text = Text("They." if side == "response" else "Who?", side, prompt="Who?", suspected=("hate",))

    scorer, _ = asked(text)

    assert [written(prompt) for prompt in scorer.prompts] == [published["templates"][mode].format(**filled)]


def test_what_is_judged_is_told_from_the_guidelines_own_words():
    text = Text("An answer with <end_of_turn>", "response", prompt="A {harm_text}?", suspected=("hate",))

    scorer, _ = asked(text)

    assert [part.text for part in scorer.prompts[0] if part.is_judged] == [
        "A {harm_text}?",
        "An answer with <end_of_turn>",
    ]
    assert not any("{" in part.text for part in scorer.prompts[0] if not part.is_judged)


def test_the_score_of_a_response_changes_when_only_the_response_does():
    def score(reply):
        judged = Text(reply, "response", prompt="Tell me about them.", suspected=("hate",))
        _, found = asked(judged, yes=lambda prompt: 0.9 if "vermin" in prompt else 0.1)
        return found.signals[0].score

    assert (score("They are people like you."), score("They are vermin.")) == (0.1, 0.9)


def test_only_what_is_suspected_and_its_own_is_asked_about():
    scorer, found = asked(Text("text", "prompt", suspected=("self_harm", "violence", "deception")))

    assert len(scorer.prompts) == 1
    assert '"No Dangerous Content"' in written(scorer.prompts[0])
    assert [signal.category for signal in found.signals] == ["self_harm", "violence"]


def test_nothing_is_asked_where_nothing_of_its_own_is_suspected():
    scorer, found = asked(Text("text", "prompt", suspected=("cyber_abuse",)))

    assert (scorer.prompts, found.signals) == ([], ())


def test_each_principle_has_a_score_of_its_own():
    _, found = asked(
        Text("text", "prompt", suspected=BOTH), yes=lambda prompt: 0.8 if "No Hate Speech" in prompt else 0.2
    )

    assert {signal.category: signal.score for signal in found.signals} == {"violence": 0.2, "hate": 0.8}


@pytest.mark.parametrize("place", [0, 2_500, 4_999])
def test_of_a_text_too_long_for_the_model_every_part_is_read_and_the_worst_counts(place):
    words = ["word"] * 5_000
    words[place] = "poison"
    text = Text(" ".join(words), "prompt", suspected=("hate",))

    scorer, found = asked(text, yes=lambda prompt: 0.9 if "poison" in prompt else 0.1, most=4_000)

    assert found.signals[0].score == 0.9
    assert len(scorer.prompts) >= 8


def test_what_no_model_can_read_is_an_error_and_no_pass():
    with pytest.raises(TooLong):
        asked(Text("word " * 1_000, "prompt", suspected=("hate",)), most=10)


def test_a_post_is_judged_as_a_response_to_nothing():
    scorer, _ = asked(Text("A post.", "post", suspected=("hate",)))

    assert "Human Question: \n" in written(scorer.prompts[0])
    assert "Chatbot Response: A post.\n" in written(scorer.prompts[0])


def test_a_long_prompt_leaves_room_for_the_response():
    prompt = "a" * CONTEXT + "b" * CONTEXT

    shown = context(prompt)

    assert len(shown) <= CONTEXT + 3
    assert shown.startswith("aaa") and shown.endswith("bbb")
    assert (context(None), context("short")) == ("", "short")


def test_it_judges_what_the_policy_lists_and_its_version_names_the_weights():
    judge = ShieldGemma(Scorer())

    assert judge.name in load_policy().judges
    assert judge.version == "cookbook-1-tiny@abc"
    assert "cyber_abuse" not in judge.categories


def test_guidelines_that_lack_something_are_refused(tmp_path):
    file = tmp_path / "shieldgemma.toml"
    file.write_text('version = "1"\n[prefix]\nprompt_only = "x"\n', encoding="utf-8")

    with pytest.raises(SafetyError, match=r"shieldgemma.toml: prefix.prompt_response is None"):
        read_guidelines(file)
