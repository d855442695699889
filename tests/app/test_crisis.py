import pytest

from app.crisis import crisis_lines
from app.settings import SettingsError
from app.wording import notices


def test_every_ready_line_says_where_its_number_comes_from_and_when_it_was_checked():
    for line in crisis_lines(None, None).lines:
        assert line.source.startswith("https://")
        assert line.checked.year >= 2026
        assert line.number


@pytest.mark.parametrize(
    ("language", "number"), [("ko", "109"), ("ja", "0120-279-338"), ("zh", "12356"), ("en", "988")]
)
def test_a_person_sees_a_line_of_their_language(language, number):
    assert number in [line.number for line in crisis_lines(None, None).fitting(language)]


def test_the_hosts_country_comes_first():
    assert crisis_lines(None, "KR").fitting("en")[0].number == "109"


def test_an_unknown_language_sees_every_line():
    assert len(crisis_lines(None, None).fitting("sw")) == len(crisis_lines(None, None).lines)


def test_the_support_text_holds_the_numbers_and_no_clause():
    text = notices.support("en", crisis_lines(None, "US").fitting("en"))

    assert "988" in text
    assert "PUP" not in text


@pytest.mark.parametrize("content", ["", "line = []", "[[line]]\ncountry = 'US'", "not toml ="])
def test_a_bad_file_is_named(tmp_path, content):
    file = tmp_path / "lines.toml"
    file.write_text(content)

    with pytest.raises(SettingsError, match=r"lines\.toml"):
        crisis_lines(file, None)
