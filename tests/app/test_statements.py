"""What a person reads about decisions on their messages, and how they appeal."""

from datetime import timedelta

import gradio as gr
import pytest

from app.identity import VISITOR_COOKIE
from app.pages.statements import StatementsPanel
from app.wording import statements as words
from app.wording.languages import LANGUAGES
from app.wording.prepared import prepared
from safety.types import Text

CLAUSE = "PUP-2.e.iii"


@pytest.fixture
def panel(parts):
    built = StatementsPanel(parts)
    with gr.Blocks():
        built.build()
    return built


@pytest.fixture
def person(identity, request_of):
    """The owner id of a new visitor, and the request of their browser in a language."""
    cookie = identity.new_visitor()
    owner = identity.visitor({VISITOR_COOKIE: cookie})
    return owner, lambda language="en": request_of({VISITOR_COOKIE: cookie}, {"accept-language": language})


@pytest.fixture
def decided(store, guard, mia):
    """A prompt that the Guard blocked and a moderator ruled on; gives the decision's id and the message."""

    def made(owner, ruling="misuse", **judgement):
        prompt = store.save_prompt(owner, store.start_conversation(owner).id, "a word about zzz")
        message = store.record_prompt(owner, prompt.id, guard.judge_now(Text("zzz", "prompt")), severity=2)
        case = store.desk.next_case(mia.id)
        form = {
            "clause": CLAUSE if ruling == "misuse" else None,
            "note": "secret",
            "public_note": "<b>See</b>",
        }
        ruled = store.desk.decide(
            case.summary.id, mia.id, ruling=ruling, row_version=case.row_version, **form, **judgement
        )
        return ruled.id, message.id

    return made


def chosen(panel, updates, number=0):
    return updates[panel.ids], gr.SelectData(None, {"index": [number, 0], "value": ""})


async def test_nobody_has_decided_anything_yet(panel, person):
    _, request = person

    updates = await panel.load(request())

    assert updates[panel.lead] == words.none_yet("en") and not updates[panel.rows].visible


async def test_the_reasons_say_what_which_clause_how_found_and_how_to_appeal(panel, person, decided):
    owner, request = person
    decided(owner, reason_key="asks_for_harm")
    listed = await panel.load(request())

    opened = await panel.open_row(*chosen(panel, listed), request())

    reasons = opened[panel.reasons]
    assert f"violates {CLAUSE}" in reasons and "banned" in reasons and "a person" in reasons
    assert prepared("asks_for_harm", "en") in reasons and "you can appeal until" in reasons
    assert opened[panel.note].value == "<b>See</b>" and isinstance(panel.note, gr.Textbox)
    everything = repr([getattr(one, "value", one) for one in opened.values()])
    assert "secret" not in everything and "mia" not in everything


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_reasons_come_in_the_language_of_the_browser(panel, person, decided, language):
    owner, request = person
    decided(owner, "no_violation", reason_key="check_was_wrong")
    listed = await panel.load(request(language))

    opened = await panel.open_row(*chosen(panel, listed), request(language))

    assert prepared("check_was_wrong", language) in opened[panel.reasons]
    assert words.follows(language, "restore", None) in opened[panel.reasons]


async def test_an_appeal_is_decided_by_somebody_else_and_the_person_reads_the_answer(
    panel, person, decided, store, noa, mia
):
    owner, request = person
    _, message = decided(owner)
    listed = await panel.load(request())
    opened = await panel.open_row(*chosen(panel, listed), request())
    sent = await panel.appeal({panel.chosen: opened[panel.chosen], panel.text: "It was a quote."}, request())
    assert not sent[panel.send].visible and "waits" in sent[panel.reasons]

    assert store.desk.next_case(mia.id) is None, "not by who decided first"
    case = store.desk.next_case(noa.id)
    assert case.appeal_text == "It was a quote." and case.decisions[0].note == ""
    store.desk.decide(
        case.summary.id,
        noa.id,
        ruling="no_violation",
        clause=None,
        note="",
        public_note="You are right.",
        row_version=case.row_version,
    )
    assert store.message(owner, message).state == "restored"
    listed = await panel.load(request())
    again = await panel.open_row(*chosen(panel, listed), request())
    assert words.appeal_state("en", "overturned") in again[panel.reasons]
    assert again[panel.answer].value == "You are right."


async def test_appealing_without_words_or_without_a_decision_says_so(panel, person, decided):
    owner, request = person
    decision, _ = decided(owner)

    with pytest.raises(gr.Error, match="Say in a few words"):
        await panel.appeal({panel.chosen: decision, panel.text: "  "}, request())
    with pytest.raises(gr.Error, match="Choose the decision"):
        await panel.appeal({panel.chosen: None, panel.text: "x"}, request())


async def test_nobody_appeals_or_reads_another_persons_decision(panel, person, decided, identity, request_of):
    owner, _ = person
    decision, _ = decided(owner)
    other = request_of({VISITOR_COOKIE: identity.new_visitor()})

    with pytest.raises(gr.Error, match="does not exist"):
        await panel.appeal({panel.chosen: decision, panel.text: "mine now"}, other)
    opened = await panel.open_row((decision,), gr.SelectData(None, {"index": [0, 0], "value": ""}), other)
    assert opened[panel.chosen] is None and not opened[panel.detail].visible


async def test_a_suspension_says_until_when(panel, person, decided, store, noa, clock):
    owner, request = person
    decided(owner, action="suspend", days=3)
    case = store.desk.next_case(noa.id)
    store.desk.second(case.summary.id, noa.id, agrees=True, row_version=case.row_version)

    until = store.sanctions.of(owner).until
    listed = await panel.load(request())
    opened = await panel.open_row(*chosen(panel, listed), request())

    assert f"{until:%Y-%m-%d %H:%M} UTC" in opened[panel.reasons]
    clock.move(days=4)
    assert store.sanctions.of(owner) is None
    assert until - clock() < timedelta(0)


async def test_the_reasons_name_the_message_by_when_it_was_said(panel, person, decided, store):
    owner, request = person
    _, message = decided(owner)
    moment = f"{store.message(owner, message).created_at:%Y-%m-%d %H:%M} UTC"

    listed = await panel.load(request())
    opened = await panel.open_row(*chosen(panel, listed), request())

    assert f"Your message of {moment}" in opened[panel.reasons]
    assert listed[panel.rows].value["data"][0][1] == f"Your message of {moment}"


async def test_the_address_opens_a_decision_of_ones_own_and_nobody_elses(
    panel, person, decided, identity, request_of
):
    owner, request = person
    decision, _ = decided(owner)

    def asking(cookies):
        return request_of(cookies, {}, {"decision": decision})

    opened = await panel.load(asking(request().cookies))
    others = await panel.load(asking({VISITOR_COOKIE: identity.new_visitor()}))

    assert opened[panel.detail].visible and opened[panel.chosen] == decision
    assert not others[panel.detail].visible and others[panel.chosen] is None


async def test_a_line_that_is_not_there_opens_nothing(panel, person):
    _, request = person

    opened = await panel.open_row((), gr.SelectData(None, {"index": [7, 0], "value": ""}), request())

    assert not opened[panel.detail].visible
