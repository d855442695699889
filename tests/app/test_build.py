"""What the settings make of the parts."""

import pytest

from app.build import allowed, desk_rules, door, open_store, parts
from app.identity import Door
from app.limits import Allowed
from app.models import load_model
from app.settings import Settings, SettingsError
from safety.types import Text
from storage.types import NewThreshold


@pytest.mark.parametrize(
    ("setting", "bound"),
    [
        ("prompts_per_minute", "prompts"),
        ("tokens_per_minute", "tokens"),
        ("turns_per_person", "turns"),
        ("reports_per_hour", "reports"),
        ("address_prompts_per_minute", "address_prompts"),
        ("address_people_per_hour", "address_people"),
        ("max_conversations", "conversations"),
        ("max_messages", "messages"),
    ],
)
def test_each_limit_comes_from_its_setting(setting, bound):
    assert getattr(allowed(Settings(**{setting: 7})), bound) == 7
    assert getattr(allowed(Settings()), bound) == getattr(Allowed(), bound)


def test_the_memory_for_conversations_comes_from_its_setting():
    engine = load_model(Settings(device="cpu", kv_memory=7))
    engine.close()

    assert engine.kv_budget == 7 * 2**20


@pytest.mark.parametrize(("compile", "has_buffers"), [("auto", False), ("on", True), ("off", False)])
def test_whether_decoding_has_static_buffers_comes_from_its_setting(compile, has_buffers):
    engine = load_model(Settings(device="cpu", kv_memory=100, compile=compile))
    engine.close()

    assert (engine.kv_budget < 100 * 2**20) == has_buffers


def test_who_may_chat_comes_from_the_settings():
    assert door(Settings()) == Door("open")
    assert door(Settings(who="accounts")) == Door("accounts")
    assert door(Settings(who="passcode", passcode="the blue gate")) == Door("passcode", "the blue gate")


def test_a_passcode_that_nobody_set_is_refused_before_anything_is_opened(tmp_path):
    with pytest.raises(SettingsError, match="BEZEL_PASSCODE must hold the code"):
        open_store(Settings(who="passcode", data_folder=tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_no_secret_shows_in_what_settings_print():
    shown = repr(Settings(who="passcode", passcode="the blue gate", secret="s" * 40, old_secrets=("o" * 40,)))

    assert "blue" not in shown and "ssss" not in shown and "oooo" not in shown


def test_former_secrets_are_a_list(monkeypatch):
    monkeypatch.setenv("BEZEL_OLD_SECRETS", '["' + "o" * 40 + '"]')

    assert Settings().old_secrets == ("o" * 40,)


def test_how_long_a_decision_can_be_undone_and_the_blind_share_come_from_their_settings():
    rules = desk_rules(Settings(undo_seconds=7, blind_share=0.25))

    assert (rules.undo.total_seconds(), rules.blind_share) == (7, 0.25)
    assert (desk_rules(Settings()).undo.total_seconds(), desk_rules(Settings()).blind_share) == (30, 0.1)


def test_random_audits_are_off_until_their_setting_says_so_and_are_read_without_identifiers():
    rules = desk_rules(Settings(audit_share=0.02))

    assert (desk_rules(Settings()).audit_share, rules.audit_share) == (0.0, 0.02)
    assert rules.redact("Write to ann.beck@gmail.com") == "Write to «E-MAIL ADDRESS»"


def test_a_threshold_that_was_switched_on_is_obeyed_from_the_start(tmp_path, guard, model):
    settings = Settings(data_folder=tmp_path)
    store, _ = open_store(settings)
    mia, lea = (store.moderators.add(name, "hash", "lead").id for name in ("mia", "lea"))
    terms = NewThreshold("banned", "1", "PUP-2.e.iii", "prompt", 0.95, 0.9, 0.1, 0.9, 55, 0, "test")
    made = store.thresholds.propose(mia, terms)
    store.thresholds.start_shadow(made.id, mia)
    store.thresholds.activate(made.id, lea)
    store.close()

    with parts(settings, model=model, guard=guard) as joined:
        verdict = joined.guard.judge_now(Text("Good morning", "prompt"))

    assert verdict.policy.endswith("+t1")
