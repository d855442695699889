import os

import pytest

from app.settings import DANGEROUS, Settings, SettingsError, believe_no_proxy, read_settings


def test_the_defaults_serve_on_this_machine_only():
    settings = read_settings()

    assert (settings.address, settings.port, settings.on_space) == ("127.0.0.1", 7860, False)


def test_a_space_is_served_on_all_addresses(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/bezel")

    settings = read_settings()

    assert settings.on_space
    assert settings.address == "0.0.0.0"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BEZEL_PORT", "70000"),
        ("BEZEL_PORT", "many"),
        ("BEZEL_TEMPERATURE", "-1"),
        ("BEZEL_MAX_TOKENS", "0"),
        ("BEZEL_PROFILE", "loose"),
        ("BEZEL_COUNTRY", "Korea"),
        ("BEZEL_WHO", "friends"),
        ("BEZEL_PROXY_HOPS", "-1"),
        ("BEZEL_PROMPTS_PER_MINUTE", "-1"),
        ("BEZEL_TOKENS_PER_MINUTE", "-1"),
        ("BEZEL_TURNS_PER_PERSON", "-1"),
        ("BEZEL_REPORTS_PER_HOUR", "-1"),
        ("BEZEL_ADDRESS_PROMPTS_PER_MINUTE", "-1"),
        ("BEZEL_ADDRESS_PEOPLE_PER_HOUR", "-1"),
        ("BEZEL_MAX_CONVERSATIONS", "0"),
        ("BEZEL_MAX_MESSAGES", "1"),
    ],
)
def test_a_setting_out_of_range_is_named_with_its_value(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError, match=f"{variable} is '{value}'"):
        read_settings()


def test_settings_do_not_change_after_the_start():
    settings = Settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_the_token_is_not_in_what_settings_print(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_not_a_real_token")

    settings = read_settings()

    assert settings.hf_token == "hf_not_a_real_token"
    assert "hf_not_a_real_token" not in repr(settings)


@pytest.mark.parametrize("variable", ["BEZEL_SECRET", "BEZEL_PASSCODE", "BEZEL_OLD_SECRETS"])
@pytest.mark.parametrize("value", ["hunter2", '["hunter2"]', "[hunter2"])
def test_a_secret_that_cannot_be_used_is_named_without_its_value(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value[:7] if variable == "BEZEL_PASSCODE" else value)

    with pytest.raises(SettingsError) as refused:
        read_settings()

    assert variable in str(refused.value).upper() and "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", sorted(DANGEROUS))
def test_a_variable_that_opens_what_bezel_keeps_shut_is_refused(monkeypatch, name):
    monkeypatch.setenv(name, "1")

    with pytest.raises(SettingsError, match=f"{name} is '1'; it must not be set, because"):
        read_settings()


def test_an_address_in_a_header_is_never_believed_by_the_server(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")

    believe_no_proxy()

    assert os.environ["FORWARDED_ALLOW_IPS"] == "none"
