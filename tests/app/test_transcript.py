from datetime import UTC, datetime

import pytest

from app.crisis import crisis_lines
from app.pages.transcript import Transcript
from app.wording import notices
from app.wording.languages import LANGUAGES
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import policy_for
from safety.types import Action, Finding, Outcome, Verdict
from storage.types import StoredMessage


@pytest.fixture(scope="module")
def transcript():
    guard = Guard([Banned("zzz")], policy_for("banned"))
    yield Transcript(guard, crisis_lines(None, "US"))
    guard.close()


def message(role, state, text, **more):
    return StoredMessage(
        id="1",
        conversation_id="c",
        parent_id=None,
        role=role,
        state=state,
        text=text,
        created_at=datetime.now(UTC),
        checkpoint=None,
        verdict=more.get("verdict"),
        end_reason=more.get("end_reason"),
        versions=("1",),
    )


def verdict(action="block", clause="PUP-2.e.iii", lang="en", checks=None):
    findings = [{"clause": clause, "action": action}] if clause else []
    return {"action": action, "findings": findings, "lang": lang, "checks": checks or {"banned": "block"}}


def texts(transcript, *path):
    return [(line.role, line.text) for line in transcript.lines(path)]


def judged_title(action, *, lang="en", found=True):
    finding = Finding("PUP-2.e.iii", "violence", "banned", 1.0, 0.5, action)
    outcome = Outcome.BLOCK if found else Outcome.ERROR
    return Verdict(action, 1.0, {}, (finding,) if found else (), {"banned": outcome}, "p", lang=lang)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (judged_title(Action.BLOCK), "This title falls under PUP-2.e.iii"),
        (judged_title(Action.BLOCK, lang="ja"), "PUP-2.e.iii"),
        (judged_title(Action.BLOCK, found=False), "could not be checked, so the old one was kept"),
        (judged_title(Action.SUPPORT), "988"),
    ],
)
def test_a_title_that_was_refused_is_answered_with_its_reason_or_with_help(transcript, verdict, words):
    said = transcript.refused_title(verdict)

    assert words in said
    assert "*" not in said


def test_a_turn_that_passed_is_shown_as_it_is(transcript):
    path = (message("user", "accepted", "Hello"), message("assistant", "complete", "Hi."))

    assert texts(transcript, *path) == [("user", "Hello"), ("assistant", "Hi.")]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "was stopped"),
        ("ko", "차단"),
        ("zh", "拦截"),
        ("ja", "停止"),
        ("sw", "was stopped"),
        (None, "was stopped"),
    ],
)
def test_a_blocked_prompt_names_its_clause_in_the_persons_language(transcript, lang, words):
    said, notice = transcript.lines((message("user", "blocked", "zzz", verdict=verdict(lang=lang)),))

    assert said.text == "zzz"
    assert words in notice.text
    assert "PUP-2.e.iii" in notice.text
    assert "Violence" in notice.text
    assert notice.can_be_reviewed


def test_self_harm_is_answered_with_help_and_without_a_clause(transcript):
    blocked = message("user", "blocked", "…", verdict=verdict("support", "PUP-2.e.iv"))

    _, notice = transcript.lines((blocked,))

    assert "988" in notice.text
    assert "PUP" not in notice.text


def test_a_failed_check_says_that_nothing_was_found(transcript):
    blocked = message("user", "blocked", "hello", verdict=verdict(clause=None, checks={"banned": "error"}))

    _, notice = transcript.lines((blocked,))

    assert "could not be checked" in notice.text
    assert "PUP" not in notice.text


def test_a_failed_check_is_not_blamed_on_what_another_only_flagged(transcript):
    said = verdict(checks={"banned": "error", "rules": "flag"})
    said["findings"][0]["action"] = "flag"

    _, notice = transcript.lines((message("user", "blocked", "hello", verdict=said),))

    assert "could not be checked" in notice.text


def test_a_withheld_reply_shows_nothing_of_itself(transcript):
    (line,) = transcript.lines((message("assistant", "withheld", "", verdict=verdict()),))

    assert "withheld" in line.text
    assert line.can_be_reviewed
    assert not line.can_be_reported


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("stopped", "You stopped"),
        ("interrupted", "as far as it had come"),
        ("failed", "could not finish"),
        ("restored", "let it pass"),
    ],
)
def test_a_reply_that_did_not_end_by_itself_says_so(transcript, state, words):
    (line,) = transcript.lines((message("assistant", state, "The sun"),))

    assert line.text.startswith("The sun")
    assert words in line.text
    assert line.can_be_reported


def test_a_removed_message_is_gone_from_the_page(transcript):
    assert [role for role, _ in texts(transcript, message("user", "removed", ""))] == ["assistant"]
    assert "removed by a moderator" in texts(transcript, message("assistant", "removed", ""))[0][1]


@pytest.mark.parametrize("sentence", [notices.removed, notices.removed_prompt, notices.restored])
def test_what_a_moderator_did_to_a_message_is_said_in_its_language(sentence):
    said = [sentence(language) for language in LANGUAGES]

    assert len(set(said)) == 4
    assert sentence(None) == sentence("fr") == said[0]


def test_a_language_that_no_check_reads_is_said(transcript):
    prompt = message(
        "user", "accepted", "Habari", verdict=verdict("flag", None, "sw", {"banned": "not_checked"})
    )

    _, note = transcript.lines((prompt,))

    assert "Not every check reads this language" in note.text
    assert not note.can_be_reported
    assert not note.can_be_reviewed


@pytest.mark.parametrize("state", ["pending", "accepted"])
def test_a_prompt_without_an_answer_offers_retry(transcript, state):
    said, note = transcript.lines((message("user", state, "Hello"),))

    assert said.text == "Hello"
    assert "no answer yet" in note.text
    assert not note.can_be_reported


def test_a_turn_under_way_shows_the_text_so_far_and_no_note(transcript):
    path = (message("user", "pending", "Hello"),)

    assert transcript.shown(path, writing="The su") == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "The su"},
    ]


@pytest.mark.parametrize(
    ("lang", "prompt_words", "reply_words"),
    [
        (
            "en",
            "a card number, a password. Nobody else should see",
            "a card number, a password. It may belong",
        ),
        ("ko", "카드 번호, 비밀번호", "누군가의 정보"),
        ("zh", "银行卡号、密码", "属于某个人"),
        ("ja", "カード番号、パスワード", "誰かの情報"),
        ("fr", "Taken out of your message", "Taken out of this reply"),
    ],
)
def test_what_was_taken_out_is_said_in_the_language_of_the_message(
    transcript, lang, prompt_words, reply_words
):
    redactions = [{"kind": kind, "start": 0, "end": 5} for kind in ("card", "password", "card")]
    judged = {**verdict("redact", lang=lang, checks={}), "redactions": redactions}

    said = texts(
        transcript,
        message("user", "accepted", "«CARD NUMBER»", verdict=judged),
        message("assistant", "stopped", "«CARD NUMBER»", verdict=judged),
    )

    assert [role for role, _ in said] == ["user", "assistant", "assistant"]
    assert prompt_words in said[1][1]
    assert reply_words in said[2][1]
    assert "You stopped this reply" in said[2][1]


def test_a_stopped_prompt_says_both_why_and_what_was_taken_out(transcript):
    judged = {**verdict("block"), "redactions": [{"kind": "key", "start": 0, "end": 5}]}

    [_, (_, note)] = texts(transcript, message("user", "blocked", "«SECRET KEY»", verdict=judged))

    assert "was stopped" in note
    assert "a secret key" in note


def test_nothing_is_said_of_what_lay_behind_the_part_that_was_shown(transcript):
    judged = {**verdict("redact"), "redactions": [{"kind": "key", "start": 50, "end": 62}]}

    assert (
        texts(transcript, message("assistant", "interrupted", "It is", verdict=judged))[0][1].count("*") == 2
    )
