import gradio as gr
import pytest

from app.pages.sampling import as_the_host_set, build_sampling, chosen
from app.turn import TurnRefused
from model.types import GenerationSettings, ModelError

HOST = GenerationSettings(temperature=0.3, top_p=0.9, top_k=40, max_tokens=256)


@pytest.fixture
def panel():
    with gr.Blocks(analytics_enabled=False):
        return build_sampling(HOST)


def given(panel, **changed):
    """What a browser sends: the panel's first values, and what a person changed."""
    values = {getattr(panel, name): getattr(panel, name).value for name in FIELDS}
    return values | {getattr(panel, name): value for name, value in changed.items()}


FIELDS = ("temperature", "top_p", "top_k", "penalty", "longest", "seed", "stop")


def test_an_untouched_panel_gives_the_hosts_settings(panel):
    assert chosen(panel, given(panel)) == HOST


def test_everything_that_a_person_sets_reaches_the_settings(panel):
    values = given(
        panel,
        temperature=0,
        top_p=0.5,
        top_k=1,
        penalty=1.2,
        longest=10,
        seed=0,
        stop="END\n\n  \nUser:\nEND",
    )

    assert chosen(panel, values) == GenerationSettings(
        temperature=0,
        top_p=0.5,
        top_k=1,
        repetition_penalty=1.2,
        max_tokens=10,
        seed=0,
        stop=("END", "User:"),
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"temperature": 3}, "temperature is 3"),
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_p": 0}, "top_p is 0"),
        ({"top_k": 0}, "top_k is 0"),
        ({"longest": 0}, "max_tokens is 0"),
        ({"penalty": 10**9}, "repetition_penalty is 1000000000"),
        ({"stop": "x" * 101}, "at most 8 texts of 1 to 100 characters"),
        ({"stop": "\n".join("abcdefghi")}, "at most 8 texts"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_in_a_sentence(panel, changed, words):
    with pytest.raises(ModelError, match=words):
        chosen(panel, given(panel, **changed))


@pytest.mark.parametrize("value", [None, "warm", True, [1], {"a": 1}, 10**400, float("inf")])
def test_what_is_no_number_is_refused_in_a_sentence(panel, value):
    with pytest.raises(TurnRefused, match="Temperature is .*; it must be a number"):
        chosen(panel, given(panel, temperature=value))


def test_a_seed_that_is_a_text_is_refused(panel):
    with pytest.raises(TurnRefused, match="Seed is 'lucky'"):
        chosen(panel, given(panel, seed="lucky"))


def test_a_stop_text_holds_nothing_that_a_database_cannot(panel):
    assert chosen(panel, given(panel, stop="EN\x00D\ud800")).stop == ("END\ufffd",)


def test_the_panel_offers_no_reply_longer_than_the_host_allows(panel):
    assert panel.longest.maximum == 256


def test_reset_fills_the_hosts_settings_in_again(panel):
    filled = as_the_host_set(panel, HOST)

    assert set(filled) == set(panel.inputs)
    assert chosen(panel, filled) == HOST
