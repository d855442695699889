"""The check as the Guard asks it: kinds, sides, what the person wrote first, and what the policy makes."""

import pytest

from safety.checks.identifiers import Identifiers
from safety.policy import load_policy, policy_for
from safety.types import Action, Outcome, Text

CHECK = Identifiers()
CARD = "4111 1111 1111 1111"
MAIL = "ann.lee@mail.host.org"


def kinds(text):
    return [signal.kind for signal in CHECK.check(text).signals]


def test_a_signal_a_kind_with_every_place_in_the_original():
    text = f"{CARD} and {CARD}, mail {MAIL}"

    signals = CHECK.check(Text(text, "prompt")).signals

    assert [(one.kind, [text[at.start : at.end] for at in one.spans]) for one in signals] == [
        ("card", [CARD, CARD]),
        ("email", [MAIL]),
    ]


@pytest.mark.parametrize("lang", ["en", "sw", None])
def test_every_language_is_checked(lang):
    checked = CHECK.check(Text("Habari", "prompt", lang=lang))

    assert checked.signals == ()
    assert checked.not_checked is None


@pytest.mark.parametrize("text", ["\ud800 4111 1111 1111 1111 \udfff", "\x00" * 50, "", "\u0301" * 5_000])
def test_broken_text_is_checked_too(text):
    assert kinds(Text(text, "prompt")) == (["card"] if "4111" in text else [])


@pytest.mark.parametrize(
    ("prompt", "history"), [(f"write to {MAIL.upper()}", ()), ("and now?", (f"I am {MAIL}.", "thanks"))]
)
def test_a_response_may_repeat_what_the_person_wrote(prompt, history):
    text = Text(f"Dear {MAIL}, or other@mail.host.org", "response", prompt=prompt, history=history)

    [signal] = CHECK.check(text).signals

    assert [text.value[at.start : at.end] for at in signal.spans] == ["other@mail.host.org"]


@pytest.mark.parametrize(
    "value",
    ["name@example.com", "a@b.test", "(212) 555-0123", "+1 800 273 8255", "call 1-800-273-8255"],
)
def test_a_response_may_give_what_is_nobodys(value):
    assert kinds(Text(f"Write to {value}.", "response", prompt="How?")) == []
    assert kinds(Text(f"Write to {value}.", "prompt")) != []


@pytest.mark.parametrize(
    ("profile", "side", "value", "action"),
    [
        ("standard", "prompt", CARD, Action.REDACT),
        ("standard", "response", CARD, Action.REDACT),
        ("standard", "prompt", "DE89 3704 0044 0532 0130 00", Action.REDACT),
        ("standard", "prompt", "536-90-4399", Action.REDACT),
        ("standard", "prompt", "password: Winter2024!", Action.REDACT),
        ("standard", "prompt", "AKIA" + "IOSFODNN7EXAMPLE", Action.REDACT),
        ("standard", "prompt", MAIL, Action.ALLOW),
        ("standard", "response", MAIL, Action.REDACT),
        ("standard", "prompt", "+82 10-1234-5678", Action.ALLOW),
        ("standard", "response", "+82 10-1234-5678", Action.REDACT),
        ("standard", "response", "203.0.113.9", Action.ALLOW),
        ("strict", "prompt", MAIL, Action.REDACT),
        ("strict", "prompt", "203.0.113.9", Action.REDACT),
        ("research", "prompt", CARD, Action.REDACT),
    ],
)
def test_the_policy_says_what_becomes_of_each_kind(guard_of, profile, side, value, action):
    guard = guard_of(CHECK, policy=load_policy(profile).with_checks(["identifiers"]))

    verdict = guard.judge_now(Text(f"It is {value}.", side, prompt="What is it?", lang="en"))

    assert verdict.action is action
    assert bool(verdict.redactions) == (action is Action.REDACT)


def test_finds_do_not_count_as_likely_harm(guard_of):
    verdict = guard_of(CHECK).judge_now(Text(f"My card is {CARD}.", "prompt", lang="en"))

    assert verdict.score == 0
    assert verdict.categories["privacy"] == 0
    assert verdict.checks == {"identifiers": Outcome.FLAG}
    assert [(found.clause, found.kind, found.action) for found in verdict.findings] == [
        ("PUP-2.e.v", "card", Action.REDACT)
    ]


def test_a_verdict_says_what_is_taken_out_and_holds_none_of_it(guard_of):
    text = f"My card is {CARD}, mine."

    verdict = guard_of(CHECK).judge_now(Text(text, "prompt", lang="en"))

    assert verdict.redacted(text) == "My card is «CARD NUMBER», mine."
    assert verdict.as_dict()["redactions"] == [{"start": 11, "end": 30, "kind": "card"}]
    assert verdict.after_redaction().as_dict()["redactions"] == [{"start": 11, "end": 24, "kind": "card"}]
    assert "4111" not in str(verdict)


def test_its_version_names_the_libraries_it_asks():
    assert CHECK.version.startswith("1+stdnum")
    assert "identifiers" in policy_for("identifiers").checks
