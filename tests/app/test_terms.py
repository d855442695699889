import pytest

from app.settings import Settings, SettingsError
from app.terms import terms


def test_the_ready_terms_name_the_host_and_link_both_documents():
    agreed = terms(
        Settings(host_name="Hill School", host_contact="desk@example.org", privacy_notice="We keep it.")
    )

    assert "Hill School" in agreed.text
    assert "desk@example.org" in agreed.text
    assert "We keep it." in agreed.text
    assert "https://ai.google.dev/gemma/prohibited_use_policy" in agreed.text
    assert "https://ai.google.dev/gemma/terms" in agreed.text
    assert "{" not in agreed.text


def test_a_changed_sentence_is_a_new_version():
    assert terms(Settings(host_name="A")).version != terms(Settings(host_name="B")).version


def test_the_hosts_own_file_is_used(tmp_path):
    file = tmp_path / "terms.md"
    file.write_text("# House rules of {host_name}\n\nBe kind, and keep {braces} as they are.")

    agreed = terms(Settings(terms_file=file, host_name="Hill School"))

    assert agreed.text == "# House rules of Hill School\n\nBe kind, and keep {braces} as they are."


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"BEZEL_TERMS_FILE is .*nowhere\.md"):
        terms(Settings(terms_file=tmp_path / "nowhere.md"))


def test_where_turns_are_drawn_at_random_the_terms_ask_for_consent_in_every_language():
    silent, asking = terms(Settings()), terms(Settings(audit_share=0.005))

    for words in ("drawn at random", "무작위로", "随机抽取", "無作為に"):
        assert words in asking.text and words not in silent.text
    assert asking.text.count("0.5 %") == 4
    assert asking.version != silent.version


def test_a_hosts_own_terms_ask_for_the_consent_too(tmp_path):
    file = tmp_path / "terms.md"
    file.write_text("# House rules")

    agreed = terms(Settings(terms_file=file, audit_share=0.01))

    assert agreed.text.startswith("# House rules\n\n**Random checks.**")
