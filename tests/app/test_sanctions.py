"""The notice of a warning or a suspension, at the head of the chat page and of My data."""

import re

import gradio as gr
import pytest

from app.pages.sanctions import SanctionNotice
from app.wording import sanctions as words
from app.wording.languages import LANGUAGES
from safety.types import Text
from storage.columns import now


@pytest.fixture
def notice(parts):
    built = SanctionNotice(parts)
    with gr.Blocks(analytics_enabled=False):
        built.build()
    return built


@pytest.fixture
def ann(visitor_cookies, identity, request_of):
    """The owner id of a visitor, and the request of their browser in a language."""
    cookies = visitor_cookies()
    return identity.visitor(cookies), lambda language="en": request_of(cookies, {"accept-language": language})


@pytest.fixture
def warn(store, guard, mia):
    """Mia warns this person about a new prompt of theirs, or suspends them; gives the decision's id."""

    def warned(owner, **judgement):
        prompt = store.save_prompt(owner, store.start_conversation(owner).id, "a word about zzz")
        store.record_prompt(owner, prompt.id, guard.judge_now(Text("zzz", "prompt")), severity=2)
        case = store.desk.next_case(mia.id)
        form = {"ruling": "misuse", "clause": "PUP-2.e.iii", "note": "", "public_note": "Please stop."}
        made = store.desk.decide(
            case.summary.id, mia.id, row_version=case.row_version, **{**form, "action": "warn", **judgement}
        )
        return made.id

    return warned


async def test_whoever_did_nothing_sees_nothing(notice, ann, warn, store):
    owner, request = ann
    warn("somebody else")

    updates = await notice.load(request())

    assert not updates[notice.panel].visible and updates[notice.ids] == ()


async def test_a_warning_leads_to_its_reasons_and_is_gone_once_it_is_read(notice, ann, warn):
    owner, request = ann
    decision = warn(owner)

    shown = await notice.load(request())
    confirmed = await notice.confirm(shown[notice.ids], request())
    again = await notice.load(request())

    assert shown[notice.panel].visible and shown[notice.read].visible
    assert f'"/my-data?decision={decision}"' in shown[notice.said]
    assert not confirmed[notice.panel].visible and not again[notice.panel].visible


async def test_what_came_after_the_page_was_filled_is_not_taken_for_read(notice, ann, warn):
    owner, request = ann
    first = warn(owner)
    shown = await notice.load(request())
    second = warn(owner)

    confirmed = await notice.confirm(shown[notice.ids], request())

    assert first in shown[notice.said] and second not in shown[notice.said]
    assert first not in confirmed[notice.said] and second in confirmed[notice.said]


async def test_nobody_confirms_a_warning_of_somebody_else(
    notice, ann, warn, store, request_of, visitor_cookies
):
    owner, request = ann
    warn(owner)
    shown = await notice.load(request())

    with pytest.raises(gr.Error, match="does not exist"):
        await notice.confirm(shown[notice.ids], request_of(visitor_cookies()))

    assert len(store.sanctions.warnings(owner)) == 1


async def test_a_suspension_says_until_when_leads_to_its_reasons_and_cannot_be_confirmed(
    notice, ann, warn, store, noa
):
    owner, request = ann
    decision = warn(owner, action="suspend", days=3)
    case = store.desk.next_case(noa.id)
    store.desk.second(case.summary.id, noa.id, agrees=True, row_version=case.row_version)

    updates = await notice.load(request())

    assert words.no_writing("en", store.sanctions.of(owner).until) in updates[notice.said]
    assert f'"/my-data?decision={decision}"' in updates[notice.said]
    assert updates[notice.panel].visible and not updates[notice.read].visible


async def test_the_notice_comes_in_the_language_of_the_browser(notice, ann, warn):
    owner, request = ann
    warn(owner)

    said = {language: (await notice.load(request(language)))[notice.said] for language in LANGUAGES}

    assert len(set(said.values())) == 4
    assert re.search("[가-힣]", said["ko"]) and re.search("[ぁ-ん]", said["ja"]) and "警告" in said["zh"]


@pytest.mark.parametrize("sentence", [words.warned, words.no_writing])
def test_each_language_says_when_in_its_own_words(sentence):
    said = [sentence(language, now()) for language in LANGUAGES]

    assert len(set(said)) == 4
    assert all(f"{now():%Y-%m-%d}" in one for one in said)
