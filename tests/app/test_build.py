"""What the settings make of the parts."""

import pytest

from app.build import allowed, door, load_model, open_store
from app.identity import Door
from app.limits import Allowed
from app.settings import Settings, SettingsError


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
