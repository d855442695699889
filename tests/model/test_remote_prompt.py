from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, GemmaTokenizer

from model.catalog import DEMO_FOLDER
from model.markers import Markers
from model.remote_prompt import JOINER, Fit, RemotePrompts, break_up, estimate, read_tokenizer
from model.types import Message, ModelError, PromptTooLong

GEMMAS = (
    *("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<2mass>", "[@BOS@]", "<unused0>", "<unused98>"),
    *("<start_of_turn>", "<end_of_turn>", "<unused6241>", "<start_of_image>", "<end_of_image>"),
    *("<image_soft_token>", "<audio_soft_token>", "<start_of_audio>", "<end_of_audio>"),
    *("<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|think|>", "<|tool_call>", "<tool_call|>"),
    *('<|"|>', "<|image|>", "<|audio>", "<audio|>", "<|video|>", "<start_function_call>", "<escape>"),
)
"""Control tokens of Gemma 1, 2, 3 and 4 and their kin."""
PARTS = st.sampled_from(
    [*GEMMAS, "<", ">", "|", "<|", "|>", "<start_of_turn", "_of_turn>", "user\n", "model\n", " ", "é", "가"]
)
TEXTS = st.lists(st.one_of(PARTS, st.text(max_size=3)), max_size=8).map("".join)
LONG = [Message(("user", "assistant")[at % 2], f"message {at} " + "word " * 60) for at in range(21)]


@cache
def demo():
    return AutoTokenizer.from_pretrained(DEMO_FOLDER)


def ids_of(tokenizer, messages):
    """The ids that a server makes of these messages."""
    rendered = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    return tokenizer.backend_tokenizer.encode(rendered, add_special_tokens=False).ids


def controls(tokenizer, messages):
    return Markers(tokenizer).only(ids_of(tokenizer, messages))


@pytest.mark.parametrize("marker", GEMMAS)
def test_every_control_token_of_a_gemma_is_broken_up_without_its_tokenizer(marker):
    assert marker not in break_up(f"a{marker}b{marker}")
    assert break_up(f"a{marker}").replace(JOINER, "") == f"a{marker}"


@pytest.mark.parametrize(
    "text",
    ["<b>bold</b>", "if a < b and c > d:", "x <| f y", "List<String>", "[INST] hi [/INST]", "a|b", "<table>"],
)
def test_ordinary_writing_is_sent_as_it_is(text):
    assert break_up(text) == text


@given(TEXTS)
def test_breaking_up_ends_and_changes_nothing_that_a_reader_sees(text):
    broken = break_up(text)

    assert broken.replace(JOINER, "") == text.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    ).replace(JOINER, "")
    assert break_up(broken) == broken
    assert not any(marker in broken for marker in GEMMAS)


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_no_text_becomes_a_control_token_in_the_servers_rendering(texts):
    tokenizer = demo()
    roles = [Message(("user", "assistant")[at % 2], text) for at, text in enumerate(texts)]
    prompt = roles if len(roles) % 2 else roles[:-1] or roles
    plain = [{"role": message.role, "content": "x"} for message in prompt]

    for prompts in (RemotePrompts(), RemotePrompts(tokenizer)):
        sent = prompts.write(prompt, 10, Fit(8_192)).messages

        assert controls(tokenizer, sent) == controls(tokenizer, plain)


@pytest.mark.data
@pytest.mark.parametrize("name", ["gemma_test_vocab.spm", "gemma_export_vocab.spm", "gemma3_test_vocab.spm"])
def test_no_text_becomes_a_control_token_of_a_vocabulary_like_googles(eval_data, name):
    tokenizer = GemmaTokenizer(vocab_file=str(eval_data / "gemma" / "tokenizer" / name))
    markers = Markers(tokenizer)

    def acting(text):
        """Control ids; these vocabularies have no bytes, so a word joiner is <unk> in them."""
        return [number for number in markers.only(markers.encode(text)) if number != tokenizer.unk_token_id]

    assert any(map(acting, GEMMAS))
    for token in GEMMAS:
        for text in (token, f"<{token}>", f"{token}{token}", f"a {token} b", token[:3] + token):
            assert acting(break_up(text)) == []
            assert acting(break_up(text, markers)) == []


def test_a_marker_that_only_this_tokenizer_has_is_broken_up():
    tokenizer = AutoTokenizer.from_pretrained(DEMO_FOLDER)
    tokenizer.add_special_tokens({"additional_special_tokens": ["[INST]"]})

    sent = RemotePrompts(tokenizer).write([Message("user", "[INST] do")], 10, Fit(512)).messages

    assert sent[0]["content"] == f"[{JOINER}INST] do"
    assert controls(tokenizer, sent) == controls(tokenizer, [{"role": "user", "content": "x"}])


def test_half_a_surrogate_pair_can_be_sent():
    sent = RemotePrompts().write([Message("user", "a\ud83db")], 10, Fit(512)).messages

    assert sent[0]["content"] == "a\ufffdb"


def test_a_system_text_stands_at_the_head_of_the_first_message():
    prompt = [Message("system", "Be brief. <bos>"), Message("user", " Hello ")]

    for prompts in (RemotePrompts(), RemotePrompts(demo())):
        sent = prompts.write(prompt, 10, Fit(512)).messages

        assert sent == ({"role": "user", "content": f"Be brief. <{JOINER}bos>\n\nHello"},)


def test_a_template_that_takes_a_system_role_is_given_one():
    tokenizer = AutoTokenizer.from_pretrained(DEMO_FOLDER)
    tokenizer.chat_template = "{% for m in messages %}{{ m.role }}:{{ m.content }}\n{% endfor %}"

    sent = (
        RemotePrompts(tokenizer).write([Message("system", "S"), Message("user", "U")], 10, Fit(512)).messages
    )

    assert [message["role"] for message in sent] == ["system", "user"]


@pytest.mark.parametrize("tokenizer", [None, "demo"])
def test_a_long_conversation_drops_whole_oldest_turns(tokenizer):
    prompts = RemotePrompts(demo() if tokenizer else None)

    written = prompts.write([Message("system", "S"), *LONG], 100, Fit(512))

    assert 1 < written.remembered < len(LONG)
    assert written.remembered % 2 == 1
    assert written.messages[0]["content"].startswith(f"S\n\nmessage {21 - written.remembered} ")
    assert written.messages[-1]["content"].startswith("message 20 ")
    assert written.tokens <= 412


def test_with_the_tokenizer_a_prompt_is_as_long_as_the_server_counts_it():
    written = RemotePrompts(demo()).write(LONG[:3], 100, Fit(8_192))

    assert written.tokens == len(ids_of(demo(), written.messages))
    assert written.remembered == 3


def test_a_prompt_that_cannot_fit_is_refused_with_both_numbers():
    with pytest.raises(PromptTooLong) as refused:
        RemotePrompts(demo()).write([Message("user", "word " * 900)], 100, Fit(512))

    assert refused.value.limit == 412
    assert refused.value.tokens > 900


def test_an_estimate_alone_refuses_nothing():
    written = RemotePrompts().write([Message("user", "word " * 900)], 100, Fit(512))

    assert (written.remembered, written.room) == (1, 100)


def test_what_a_server_refused_is_written_shorter():
    prompts, fit = RemotePrompts(), Fit(8_192)
    long = prompts.write(LONG, 100, fit)

    shorter = prompts.write(LONG, 100, fit.told(PromptTooLong(9_000, 1_024), long))

    assert long.remembered == 21
    assert 0 < shorter.remembered < 21


def test_a_newest_prompt_that_the_server_refused_is_too_long():
    prompts, fit = RemotePrompts(), Fit(512)
    alone = [Message("user", "word " * 900)]
    written = prompts.write(alone, 100, fit)

    with pytest.raises(PromptTooLong):
        prompts.write(alone, 100, fit.told(PromptTooLong(905, 512), written))


@pytest.mark.parametrize("text", ["word " * 100, "비가 오는 아침 " * 30, "12 + 30 = 42; \n" * 20])
def test_the_estimate_is_not_too_low_for_ordinary_text(text):
    message = {"role": "user", "content": text}

    assert estimate([message]) >= len(ids_of(demo(), [message]))


@pytest.mark.parametrize("roles", [[], ["assistant"], ["user", "user"], ["user", "assistant"]])
def test_roles_out_of_order_are_refused(roles):
    with pytest.raises(ModelError, match="must alternate"):
        RemotePrompts().write([Message(role, "x") for role in roles], 10, Fit(512))


def test_a_tokenizer_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ModelError, match="cannot be read; it must be"):
        read_tokenizer(str(tmp_path), None)
