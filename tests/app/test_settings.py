import pytest

from app.settings import Settings, SettingsError, read_settings


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
        ("BEZEL_SECRET", "short"),
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
