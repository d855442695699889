"""The moderators' desk: who may call it, what it shows and hides, and what a decision does."""

import inspect
import socket
from datetime import UTC, datetime, timedelta

import gradio as gr
import httpx
import pytest
from starlette.middleware import Middleware

from app.open_routes import DESK
from app.pages import evidence, showing
from app.pages.form import NOTE_CHARACTERS
from app.pages.mounting import mount_desk
from app.pages.review import ReviewPage
from app.shield import Shield, ShieldSettings
from app.wording import deciding as ruled
from app.wording import desk
from app.wording.languages import LANGUAGES
from app.wording.prepared import fitting, prepared
from safety.types import Text
from storage.judging import USUAL
from storage.types import DeskRules, EvidenceLine, Filters

SECRET = "a quiet word about zzz"
GRAVE = 2
CLAUSE = "PUP-2.e.iii"


@pytest.fixture
def page(parts):
    built = ReviewPage(parts)
    built.blocks = built.build()
    return built


@pytest.fixture
def blocked(store, guard):
    """Store a prompt that the Guard blocks, which opens a case; gives the message."""

    def made(owner, text=SECRET, *, severity=GRAVE):
        conversation = store.start_conversation(owner)
        prompt = store.save_prompt(owner, conversation.id, text)
        return store.record_prompt(owner, prompt.id, guard.judge_now(Text(text, "prompt")), severity=severity)

    return made


@pytest.fixture
def reply(store, guard):
    """Store a reply that was shown in full; gives the message."""

    def made(owner, prompt="hello", text="Something unkind."):
        conversation = store.start_conversation(owner)
        asked = store.save_prompt(owner, conversation.id, prompt)
        store.record_prompt(owner, asked.id, guard.judge_now(Text(prompt, "prompt")))
        said = store.start_reply(owner, asked.id, checkpoint="fake@0", settings={})
        verdict = guard.judge_now(Text(text, "response", prompt=prompt))
        return store.end_reply(owner, said.id, state="complete", text=text, end_reason="end", verdict=verdict)

    return made


def shown(updates):
    """Every value that the updates put on the page, as one text."""
    return repr([getattr(update, "value", update) for update in updates.values()])


def value(updates, component):
    update = updates[component]
    return getattr(update, "value", update)


def is_visible(updates, component):
    return updates[component].visible


def about(updates, page):
    return updates[page.layout.case.about]


def row(page, updates, number=0):
    """What Gradio hands over when somebody chooses a row of the queue."""
    cells = value(updates, page.layout.listed.rows)["data"][number]
    return gr.SelectData(None, {"index": [number, 0], "value": cells[0], "row_value": cells})


def asked(page, opened=("", 0), *, listed=None, **chosen):
    """What the page hands every handler: the open case, the list, the filters."""
    layout = page.layout
    return {
        layout.case.about: opened,
        layout.done_case: None,
        layout.listed.ids: listed[layout.listed.ids] if listed else {},
        layout.listed.after: None,
        **{field: "" for field in layout.filters.fields},
        layout.filters.mine: False,
        **{getattr(layout.filters, name): value for name, value in chosen.items()},
    }


def filled(page, opened, ruling=None, clause=None, **fields):
    """The same with the form filled in."""
    form = page.layout.case.form
    is_shown = not isinstance(opened, tuple)
    texts = {
        "note": "",
        "public_note": "",
        "action": None,
        "days": None,
        "reason": None,
        "right": [],
        **fields,
    }
    return {
        **asked(page, about(opened, page) if is_shown else opened),
        page.layout.case.found: opened[page.layout.case.found] if is_shown else (),
        form.ruling: ruling,
        form.clause: clause,
        **{getattr(form, name): text for name, text in texts.items()},
    }


# Who may call


def handlers_of(page):
    return {listener.fn.__qualname__: listener.fn for listener in page.blocks.fns.values()}


def test_every_listener_of_the_desk_is_among_those_that_are_tried(page):
    named = {
        f"{type(part).__name__}.{name}"
        for part in (page, page.deciding, page.insights, page.thresholds)
        for name, _ in inspect.getmembers(part, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }

    assert set(handlers_of(page)) == named
    assert {"ReviewPage.open_row", "ReviewPage.reveal", "Deciding.decide", "InsightsPanel.load"} <= named


@pytest.mark.parametrize("cookies", ["none", "visitor", "forged", "ended"])
async def test_nobody_but_a_moderator_gets_past_the_first_line_of_any_handler(
    page, store, mia, ann, blocked, request_of, visitor_cookies, cookies
):
    message = blocked(ann)
    case = store.desk.cases()[0]
    sets = {
        "none": {},
        "visitor": visitor_cookies(),
        "forged": {"bezel_desk": mia.cookies["bezel_desk"][:-3] + "AAA"},
        "ended": mia.cookies,
    }
    if cookies == "ended":
        store.moderators.end("mia")
    before = store.audit.events()

    for handler in handlers_of(page).values():
        names = list(inspect.signature(handler).parameters)
        given = [request_of(sets[cookies]) if name == "request" else (case.id, 1) for name in names]
        with pytest.raises(gr.Error, match="Sign in again"):
            await handler(*given)

    assert store.audit.events() == before
    assert store.message(ann, message.id).state == "blocked"


def test_the_description_of_the_page_holds_no_case(page, store, ann, blocked):
    blocked(ann)

    description = str(page.blocks.get_config_file())

    assert "zzz" not in description and store.desk.cases()[0].id not in description


def test_no_listener_is_offered_as_an_api(page):
    assert {listener.api_visibility for listener in page.blocks.fns.values()} == {"private"}


def test_what_people_wrote_stands_only_in_components_that_show_plain_text(page):
    seen = page.layout.case.evidence

    for component in (
        seen.context,
        seen.reports,
        seen.decisions,
        page.layout.case.grounds.checks,
        page.layout.listed.rows,
    ):
        assert isinstance(component, gr.Dataframe)
        assert component.datatype == "str" and not component.interactive
    assert isinstance(seen.subject, gr.HighlightedText) and isinstance(seen.shown, gr.Textbox)


# The queue


async def test_an_empty_queue_says_so(page, mia):
    updates = await page.load(asked(page), mia.request)

    assert is_visible(updates, page.layout.listed.empty) and not is_visible(updates, page.layout.listed.rows)
    assert updates[page.layout.waiting] == desk.waiting(0)
    assert "mia" in updates[page.layout.who]


async def test_the_queue_lists_the_gravest_first_without_any_text(page, mia, ann, blocked):
    blocked(ann, "zzz mild", severity=0)
    blocked(ann, "zzz grave", severity=3)

    updates = await page.load(asked(page), mia.request)

    rows = value(updates, page.layout.listed.rows)["data"]
    assert [cells[0] for cells in rows] == [desk.severity(3), desk.severity(0)]
    assert rows[0][1].startswith("PUP-2.e.iii ") and rows[0][2] == "banned" and rows[0][5] == "Open"
    assert "zzz" not in shown(updates)


async def test_next_case_pulls_the_gravest_and_then_the_oldest(page, mia, ann, blocked, store):
    blocked(ann, severity=1)
    blocked(ann, severity=3)
    expected = [case.id for case in store.desk.cases()]

    first = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, first, "no_violation"), mia.request)
    second = await page.open_next(asked(page, ("", 0)), mia.request)

    assert [about(first, page)[0], about(second, page)[0]] == expected


async def test_next_case_with_nothing_left_says_so(page, mia, noa, ann, blocked, capsys):
    empty = await page.open_next(asked(page, ("", 0)), mia.request)
    assert capsys.readouterr().out == "" and is_visible(empty, page.layout.listed.empty)

    blocked(ann)
    await page.open_next(asked(page, ("", 0)), noa.request)
    updates = await page.open_next(asked(page, ("", 0)), mia.request)
    assert desk.nothing_left() in capsys.readouterr().out
    assert page.layout.case.panel not in updates


async def test_opening_another_case_gives_the_one_before_back(page, mia, ann, blocked, store):
    blocked(ann)
    blocked(ann)
    first = await page.open_next(asked(page, ("", 0)), mia.request)

    second = await page.open_next(asked(page, about(first, page)), mia.request)

    states = {case.id: case.state for case in store.desk.cases()}
    assert states == {about(first, page)[0]: "open", about(second, page)[0]: "claimed"}


async def test_two_moderators_cannot_open_the_same_case(page, mia, noa, ann, blocked):
    blocked(ann)
    listed = await page.load(asked(page), noa.request)
    await page.open_next(asked(page, ("", 0)), mia.request)

    with pytest.warns(UserWarning, match="Another moderator holds this case until"):
        updates = await page.open_row(asked(page, listed=listed), row(page, listed), noa.request)

    assert page.layout.case.panel not in updates and "zzz" not in shown(updates)
    assert "With mia until" in value(updates, page.layout.listed.rows)["data"][0][5]


async def test_a_row_that_somebody_decided_meanwhile_only_refreshes_the_list(page, mia, noa, ann, blocked):
    blocked(ann)
    listed = await page.load(asked(page), noa.request)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, opened, "no_violation"), mia.request)

    with pytest.warns(UserWarning, match="not in the queue any more"):
        updates = await page.open_row(asked(page, listed=listed), row(page, listed), noa.request)

    assert is_visible(updates, page.layout.listed.empty)


@pytest.mark.parametrize("cells", [None, [], [None], ["x"], [{"a": 1}]])
async def test_a_row_that_was_never_listed_opens_nothing(page, mia, cells):
    chosen = gr.SelectData(None, {"index": [0, 0], "value": "x", "row_value": cells})

    with pytest.warns(UserWarning, match="not in the queue any more"):
        updates = await page.open_row(asked(page), chosen, mia.request)

    assert page.layout.case.panel not in updates


# What a case shows


async def test_the_text_of_a_grave_case_is_masked_until_it_is_revealed(page, mia, ann, blocked, store):
    blocked(ann)

    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    assert "zzz" not in shown(opened)
    assert is_visible(opened, page.layout.case.evidence.mask) and not is_visible(
        opened, page.layout.case.evidence.text
    )
    assert "revealed" not in {event.action for event in store.audit.events()}

    revealed = await page.reveal(asked(page, about(opened, page)), mia.request)
    assert "".join(part["token"] for part in value(revealed, page.layout.case.evidence.subject)) == SECRET
    newest = store.audit.events(1)[0]
    assert (newest.actor, newest.action, newest.object_id) == (mia.id, "revealed", about(opened, page)[0])


async def test_the_text_of_a_slight_case_is_shown_at_once_and_what_was_found_is_marked(
    page, mia, ann, blocked
):
    blocked(ann, severity=1)

    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    pieces = value(opened, page.layout.case.evidence.subject)
    assert [(part["token"], part["class_or_confidence"]) for part in pieces] == [
        ("a quiet word about ", None),
        ("zzz", "banned 1.00"),
    ]
    assert value(opened, page.layout.case.grounds.checks)["data"] == [
        ["banned", "block", "PUP-2.e.iii", "1.00 ≥ 0.90"]
    ]
    assert "pup-" in opened[page.layout.case.grounds.policy]
    assert opened[page.layout.case.grounds.clause].startswith("### PUP-2.e.iii")


async def test_only_the_holder_of_a_case_can_reveal_it(page, mia, noa, ann, blocked):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    with pytest.raises(gr.Error, match="Another moderator"):
        await page.reveal(asked(page, about(opened, page)), noa.request)


@pytest.mark.parametrize("case_id", ["", "no-such-case", "x" * 10_000, "a\x00b"])
async def test_buttons_of_the_case_without_a_case_say_so(page, mia, case_id):
    for handler in (page.reveal, page.keep):
        with pytest.raises(gr.Error, match="No case is open|not in the queue"):
            await handler(asked(page, (case_id, 1)), mia.request)
    with pytest.raises(gr.Error, match="No case is open|not in the queue"):
        await page.deciding.decide(filled(page, (case_id, 1), "unsure"), mia.request)


async def test_a_report_is_shown_with_its_reason_in_words_and_its_note(page, mia, ann, reply, store):
    message = reply(ann, prompt="tell me", text="Something unkind.")
    store.report(ann, message.id, reason="PUP-2.e.ii", note="**rude** <b>", severity=1)

    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    cells = value(opened, page.layout.case.evidence.reports)["data"][0]
    assert cells[1:] == ["Report", "Harassing, bullying or insulting", "**rude** <b>"]
    assert value(opened, page.layout.case.evidence.context)["data"] == [
        ["Prompt\naccepted", "tell me"],
        ["Reply\ncomplete", desk.the_message_above()],
    ]
    assert value(opened, page.layout.case.form.clause) == "PUP-2.e.ii"
    assert "fake@0" in opened[page.layout.case.grounds.policy]


async def test_a_withheld_reply_is_shown_whole_beside_what_a_reader_had_seen(page, mia, ann, guard, store):
    conversation = store.start_conversation(ann)
    prompt = store.save_prompt(ann, conversation.id, "go on")
    store.record_prompt(ann, prompt.id, guard.judge_now(Text("go on", "prompt")))
    said = store.start_reply(ann, prompt.id, checkpoint="fake@0", settings={})
    verdict = guard.judge_now(Text("It begins well, zzz", "response", prompt="go on"))
    store.end_reply(
        ann,
        said.id,
        state="withheld",
        text="It begins",
        end_reason="withheld",
        verdict=verdict,
        generated="It begins well, zzz",
        severity=1,
    )

    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    pieces = value(opened, page.layout.case.evidence.subject)
    assert [part["token"] for part in pieces] == ["It begins well, ", "zzz"]
    assert value(opened, page.layout.case.evidence.shown) == "It begins"
    assert is_visible(opened, page.layout.case.evidence.shown)


async def test_a_reporters_words_are_masked_with_the_text(page, mia, ann, reply, store):
    message = reply(ann)
    store.report(ann, message.id, reason="PUP-2.e.iii", note="they quoted it", severity=3)

    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    revealed = await page.reveal(asked(page, about(opened, page)), mia.request)

    assert "they quoted it" not in shown(opened)
    assert "they quoted it" in shown(revealed)


async def test_a_case_without_a_clause_can_be_opened_and_decided(page, mia, ann, reply, store):
    message = reply(ann)
    store.report(ann, message.id, reason="other", note="hm", severity=1)

    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, opened, "model_failure", "PUP-2.e.ii"), mia.request)

    assert opened[page.layout.case.grounds.clause] == desk.no_clause_text()
    assert value(opened, page.layout.case.form.clause) is None
    assert store.message(ann, message.id).state == "removed"


async def test_a_case_whose_evidence_was_erased_says_so(page, mia, ann, blocked, store):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, opened, "unsure"), mia.request)

    details = await page.showing.details(
        mia.account, with_erased_evidence(store, about(opened, page)[0], mia)
    )

    assert details[page.layout.case.evidence.mask_line] == desk.evidence_gone()
    assert not is_visible(details, page.layout.case.evidence.reveal)


def with_erased_evidence(store, case_id, moderator):
    case = store.desk.case(case_id, moderator.id)
    return type(case)(**{name: getattr(case, name) for name in case.__slots__} | {"evidence": ()})


# Deciding


async def test_a_violation_without_its_clause_is_refused(page, mia, ann, blocked, store):
    message = blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    for clause in (None, "", "PUP-9.z"):
        with pytest.raises(gr.Error, match="Choose the clause"):
            await page.deciding.decide(filled(page, opened, "model_failure", clause), mia.request)

    assert store.desk.cases()[0].state == "claimed" and store.message(ann, message.id).state == "blocked"


@pytest.mark.parametrize("ruling", [None, "", "maybe"])
async def test_a_decision_without_a_ruling_is_refused(page, mia, ann, blocked, ruling):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    with pytest.raises(gr.Error, match="Choose what you found"):
        await page.deciding.decide(filled(page, opened, ruling), mia.request)


async def test_a_note_past_its_bound_is_refused_with_its_length(page, mia, ann, blocked):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    with pytest.raises(gr.Error, match=f"{NOTE_CHARACTERS + 1:,} characters long"):
        await page.deciding.decide(
            filled(page, opened, "no_violation", note="n" * (NOTE_CHARACTERS + 1)), mia.request
        )


async def test_a_decision_restores_or_removes_and_the_person_reads_the_public_note_only(
    page, mia, ann, bob, blocked, reply, store
):
    stopped = blocked(ann, severity=2)
    store.report(ann, stopped.id, reason="other", note="please look", kind="review")
    said = reply(bob)
    store.report(bob, said.id, reason="PUP-2.e.ii", note="", severity=1)

    first = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(
        filled(page, first, "no_violation", note="private words", public_note="Sorry!"), mia.request
    )
    second = await page.open_next(asked(page, ("", 0)), mia.request)
    done = await page.deciding.decide(filled(page, second, "model_failure", "PUP-2.e.ii"), mia.request)

    assert store.message(ann, stopped.id).state == "restored"
    assert store.message(bob, said.id).state == "removed"
    assert store.reports(ann)[0].outcome == "no_violation"
    assert store.reports(ann)[0].outcome_note == "Sorry!"
    assert store.reports(bob)[0].outcome == "model_failure"
    assert "private words" not in repr(store.reports(ann))
    assert "PUP-2.e.ii" in value(done, page.layout.done) and is_visible(done, page.layout.done)
    assert not is_visible(done, page.layout.case.panel) and about(done, page) == ("", 0)


async def test_an_unsure_case_waits_for_somebody_else_who_sees_the_first_note(
    page, mia, noa, ann, blocked, capsys
):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, opened, "unsure", note="look at the second line"), mia.request)

    again = await page.open_next(asked(page, ("", 0)), mia.request)
    other = await page.open_next(asked(page, ("", 0)), noa.request)

    assert page.layout.case.panel not in again and desk.nothing_left() in capsys.readouterr().out
    assert value(other, page.layout.case.evidence.decisions)["data"][0][1:] == [
        "mia",
        "Unsure · ask somebody else",
        "look at the second line",
        "",
    ]


async def test_a_report_that_comes_meanwhile_makes_the_form_stale_until_it_is_kept(
    page, mia, ann, reply, store
):
    message = reply(ann)
    store.report(ann, message.id, reason="PUP-2.e.ii", note="", severity=1)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    case_id, version = about(opened, page)

    with pytest.raises(gr.Error, match="has changed since you opened it"):
        await page.deciding.decide(filled(page, (case_id, version - 1), "no_violation"), mia.request)
    kept = await page.keep(asked(page, (case_id, version - 1)), mia.request)
    await page.deciding.decide(filled(page, kept, "no_violation"), mia.request)

    assert store.desk.waiting() == 0
    assert not set(kept) & set(page.layout.case.form.fields)


async def test_a_lease_that_has_run_out_is_said_and_can_be_taken_again(page, mia, ann, blocked, store, clock):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    clock.move(minutes=11)

    with pytest.raises(gr.Error, match="Your ten minutes with this case are over"):
        await page.deciding.decide(filled(page, opened, "no_violation"), mia.request)
    kept = await page.keep(asked(page, about(opened, page)), mia.request)
    await page.deciding.decide(filled(page, kept, "no_violation"), mia.request)

    assert store.desk.cases() == ()


async def test_a_case_that_somebody_else_took_after_the_lease_is_refused(
    page, mia, noa, ann, blocked, store, clock
):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    clock.move(minutes=11)
    await page.open_next(asked(page, ("", 0)), noa.request)

    for attempt in (
        page.deciding.decide(filled(page, opened, "no_violation"), mia.request),
        page.keep(asked(page, about(opened, page)), mia.request),
    ):
        with pytest.raises(gr.Error, match="Another moderator"):
            await attempt

    assert store.desk.cases()[0].claimed_by == noa.id


async def test_a_decided_case_cannot_be_kept_or_decided_again(page, mia, ann, blocked):
    blocked(ann)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)
    await page.deciding.decide(filled(page, opened, "no_violation"), mia.request)

    with pytest.raises(gr.Error, match="decided already"):
        await page.keep(asked(page, about(opened, page)), mia.request)
    with pytest.raises(gr.Error, match="Your ten minutes|decided"):
        await page.deciding.decide(filled(page, opened, "model_failure", "PUP-2.e.ii"), mia.request)


async def test_a_case_that_is_given_back_is_open_again_and_off_the_page(page, mia, ann, blocked, store):
    blocked(ann, severity=1)
    opened = await page.open_next(asked(page, ("", 0)), mia.request)

    released = await page.release(asked(page, about(opened, page)), mia.request)

    assert store.desk.cases()[0].state == "open"
    assert "quiet word" not in shown(released) and not is_visible(released, page.layout.case.panel)


# As it is served


@pytest.fixture
def site(parts):
    """A running server with the desk mounted, behind the shield; gives its address and the chat's Blocks."""
    desk_page = ReviewPage(parts).build()
    settings = ShieldSettings(framed=False, listeners={DESK: frozenset(desk_page.fns)})
    with gr.Blocks(analytics_enabled=False) as chat:
        gr.Markdown("chat")
    app, url, _ = chat.launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        ssr_mode=False,
        run_history=False,
        app_kwargs={"middleware": [Middleware(Shield, identity=parts.identity, settings=settings)]},
    )
    mount_desk(app, desk_page, parts)
    yield url.rstrip("/"), chat
    chat.close(verbose=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def posted(name, page, session):
    number, listener = next(
        pair for pair in page.blocks.fns.items() if pair[1].fn.__qualname__ == f"ReviewPage.{name}"
    )
    return {"data": [None] * len(listener.inputs), "fn_index": number, "session_hash": session}


def answer_of(browser, session):
    """The data of the first event that ends, as the browser would read it."""
    with browser.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if '"process_completed"' in line:
                return line
    return ""


def test_the_desk_answers_a_moderator_and_nobody_else(site, page, mia, ann, blocked, visitor_cookies, store):
    blocked(ann)
    desk_url = f"{site[0]}/moderation"
    reference = evidence.reference(store.desk.cases()[0].id)
    visitor = visitor_cookies()

    with httpx.Client(base_url=desk_url, cookies=visitor) as browser:
        assert browser.get("/").headers["location"] == "/sign-in"
        for path in ("/config", "/gradio_api/queue/data?session_hash=s1"):
            assert browser.get(path).status_code in (303, 401), path
        joined = browser.post("/gradio_api/queue/join", json=posted("load", page, "s1"))
        assert joined.status_code == 401 and joined.json() == {"detail": desk.signed_out()}
    with httpx.Client(base_url=desk_url, cookies=visitor | mia.cookies, timeout=20) as browser:
        config = browser.get("/config")
        assert config.status_code == 200 and reference not in config.text
        assert browser.post("/gradio_api/queue/join", json=posted("load", page, "s2")).status_code == 200
        assert reference in answer_of(browser, "s2")


def test_closing_does_not_wait_for_an_open_page_of_the_desk(site, mia, visitor_cookies):
    url, chat = site
    cookies = visitor_cookies() | mia.cookies

    with httpx.stream("GET", f"{url}/moderation/gradio_api/heartbeat/s1", cookies=cookies) as heartbeat:
        chat.close(verbose=False)

    assert heartbeat.status_code == 200
    assert not chat.server.thread.is_alive()


# What else a moderator does with a case

UNDONE_IN = timedelta(seconds=30)


@pytest.mark.parametrize("rules", [DeskRules(undo=UNDONE_IN)])
async def test_a_decision_can_be_undone_until_it_takes_effect(page, mia, ann, blocked, store, rules):
    message = blocked(ann)
    opened = await page.open_next(asked(page), mia.request)

    closed = await page.deciding.decide(
        filled(page, opened, "no_violation", note="hm", public_note="Sorry!"), mia.request
    )
    assert is_visible(closed, page.layout.undo) and "undo" in value(closed, page.layout.done)
    assert store.message(ann, message.id).state == "blocked"

    back = {**asked(page), page.layout.done_case: closed[page.layout.done_case]}
    again = await page.deciding.undo(back, mia.request)

    assert about(again, page)[0] == about(opened, page)[0]
    assert (again[page.layout.case.form.note], again[page.layout.case.form.public_note]) == ("hm", "Sorry!")
    assert store.message(ann, message.id).state == "blocked" and store.desk.cases()[0].state == "claimed"


@pytest.mark.parametrize("rules", [DeskRules(undo=UNDONE_IN)])
async def test_a_decision_cannot_be_undone_afterwards(page, mia, ann, blocked, store, clock, rules):
    message = blocked(ann)
    opened = await page.open_next(asked(page), mia.request)
    closed = await page.deciding.decide(filled(page, opened, "no_violation"), mia.request)
    clock.move(seconds=31)

    with pytest.raises(gr.Error, match="in force|effect|undone"):
        await page.deciding.undo(
            {**asked(page), page.layout.done_case: closed[page.layout.done_case]}, mia.request
        )

    assert store.message(ann, message.id).state == "restored"


async def test_undo_without_a_decision_says_so(page, mia):
    with pytest.raises(gr.Error, match="no decision of yours"):
        await page.deciding.undo(asked(page), mia.request)


async def test_the_gravest_case_waits_for_a_second_person_who_agrees(page, mia, noa, ann, blocked, store):
    blocked(ann, severity=3)
    first = await page.open_next(asked(page), mia.request)
    closed = await page.deciding.decide(filled(page, first, "misuse", CLAUSE), mia.request)
    assert "A second person has to agree" in value(closed, page.layout.done)

    mine = await page.open_next(asked(page), mia.request)
    assert page.layout.case.panel not in mine, "who proposed it cannot second it"
    other = await page.open_next(asked(page), noa.request)
    assert is_visible(other, page.layout.case.second.group)
    assert not is_visible(other, page.layout.case.form.group)
    assert "mia decided" in other[page.layout.case.second.proposal]
    seconded = {**asked(page, about(other, page)), page.layout.case.second.note: "seen"}
    await page.deciding.agree(seconded, noa.request)

    assert store.desk.queue(filters=Filters(states=("decided",))).cases[0].ruling == "misuse"


async def test_a_second_person_who_does_not_agree_sends_the_case_on(page, mia, noa, ann, blocked, store):
    message = blocked(ann, severity=3)
    first = await page.open_next(asked(page), mia.request)
    await page.deciding.decide(filled(page, first, "no_violation"), mia.request)
    other = await page.open_next(asked(page), noa.request)

    seconded = {**asked(page, about(other, page)), page.layout.case.second.note: ""}
    closed = await page.deciding.disagree(seconded, noa.request)

    assert value(closed, page.layout.done) == ruled.disagreed()
    assert store.desk.cases()[0].state == "escalated" and store.message(ann, message.id).state == "blocked"


@pytest.mark.parametrize("action", ["suspend", "warn", "dance", "restore"])
async def test_what_follows_must_fit_the_ruling(page, mia, ann, blocked, action):
    blocked(ann)
    opened = await page.open_next(asked(page), mia.request)

    with pytest.raises(gr.Error, match="Choose what follows"):
        await page.deciding.decide(
            filled(page, opened, "model_failure", CLAUSE, action=action, days=3), mia.request
        )


async def test_choosing_a_ruling_offers_what_fits_and_marks_the_findings_that_were_right(
    page, mia, ann, blocked
):
    blocked(ann)
    opened = await page.open_next(asked(page), mia.request)
    form = page.layout.case.form

    for ruling, clause, right in (("misuse", CLAUSE, 1), ("misuse", "PUP-1", 0), ("no_violation", None, 0)):
        updates = await page.deciding.ruled(filled(page, opened, ruling, clause), mia.request)
        assert len(updates[form.right]) == right
        assert [key for _, key in updates[form.reason].choices] == [key for _, key in fitting(ruling)]
        assert value(updates, form.action) == USUAL[ruling]
    updates = await page.deciding.follows(filled(page, opened, action="suspend"), mia.request)
    assert is_visible(updates, form.days)


async def test_a_finding_that_was_wrong_is_labelled_so_whatever_the_ruling(page, mia, ann, blocked, store):
    blocked(ann)
    opened = await page.open_next(asked(page), mia.request)
    [(flag_id, _)] = opened[page.layout.case.found]
    form = filled(page, opened, "misuse", CLAUSE, right=[])

    assert page.deciding._labels(form) == {flag_id: "fp"}
    assert page.deciding._labels({**form, page.layout.case.form.right: [flag_id]}) == {}
    await page.deciding.decide(form, mia.request)
    assert store.desk.waiting() == 0


async def test_a_case_is_held_with_a_reason_and_given_to_a_colleague(page, mia, noa, ann, blocked, store):
    blocked(ann)
    opened = await page.open_next(asked(page), mia.request)
    care = page.layout.case.care
    form = {**asked(page, about(opened, page)), care.hours: 4, care.to: noa.id, care.why: ""}

    with pytest.raises(gr.Error, match="Say why"):
        await page.deciding.hold(form, mia.request)
    await page.deciding.hold({**form, care.why: "asked the host"}, mia.request)
    held = store.desk.cases()[0]
    assert held.claimed_by == mia.id and held.hold_reason == "asked the host"
    listed = await page.load(asked(page), noa.request)
    assert value(listed, page.layout.listed.rows)["data"][0][5].endswith("\nasked the host")
    for nobody in (None, "", mia.id, "x"):
        with pytest.raises(gr.Error, match="Choose to whom"):
            await page.deciding.hand_over({**form, care.to: nobody, care.why: "Korean"}, mia.request)
    await page.deciding.hand_over({**form, care.why: "Korean"}, mia.request)
    assert store.desk.cases()[0].claimed_by == noa.id


async def test_a_decided_case_can_be_looked_at_again(page, mia, noa, ann, blocked):
    blocked(ann)
    opened = await page.open_next(asked(page), mia.request)
    await page.deciding.decide(filled(page, opened, "misuse", CLAUSE), mia.request)
    history = await page.load(asked(page, state="decided"), noa.request)

    shown_again = await page.open_row(
        asked(page, listed=history, state="decided"), row(page, history), noa.request
    )
    assert is_visible(shown_again, page.layout.case.care.again)
    assert not is_visible(shown_again, page.layout.case.form.group)
    anew = await page.deciding.look_again(asked(page, about(shown_again, page)), noa.request)

    assert about(anew, page)[0] != about(opened, page)[0] and is_visible(anew, page.layout.case.form.group)
    assert value(anew, page.layout.case.evidence.decisions)["data"][0][1] == "mia"


async def test_cases_about_the_same_text_are_decided_alike_once_three_were_opened(
    page, mia, ann, bob, blocked, store
):
    messages = [(owner, blocked(owner)) for owner in (ann, bob, ann, bob)]
    opened = await page.open_next(asked(page), mia.request)
    assert is_visible(opened, page.layout.case.form.alike)
    with pytest.raises(gr.Error, match="open"):
        await page.deciding.decide_alike(filled(page, opened, "no_violation"), mia.request)

    for number in (1, 2):
        listed = await page.load(asked(page), mia.request)
        opened = await page.open_row(
            asked(page, about(opened, page), listed=listed), row(page, listed, number), mia.request
        )
    closed = await page.deciding.decide_alike(filled(page, opened, "no_violation"), mia.request)

    assert value(closed, page.layout.done) == ruled.decided_alike(4)
    assert {store.message(owner, message.id).state for owner, message in messages} == {"restored"}


# Filters and views


async def test_filters_narrow_the_queue_and_what_next_case_takes(page, mia, ann, blocked, reply, store):
    blocked(ann)
    message = reply(ann)
    store.report(ann, message.id, reason="PUP-2.e.ii", note="", severity=1)
    narrow = asked(page, source="person", clause="PUP-2.e.ii")

    listed = await page.load(narrow, mia.request)
    assert [cells[1][:10] for cells in value(listed, page.layout.listed.rows)["data"]] == ["PUP-2.e.ii"]
    opened = await page.open_next(narrow, mia.request)
    assert opened[page.layout.case.grounds.clause].startswith("### PUP-2.e.ii")
    nothing = await page.load(asked(page, language="ja"), mia.request)
    assert is_visible(nothing, page.layout.listed.empty)


async def test_a_saved_view_fills_the_filters_in_again_and_can_be_forgotten(page, mia, noa):
    form = page.layout.filters
    narrow = asked(page, source="machine", age=24)
    with pytest.raises(gr.Error, match="Give the view a name"):
        await page.save_view({**narrow, form.name: "  "}, mia.request)

    saved = await page.save_view({**narrow, form.name: "By checks"}, mia.request)
    assert value(saved, form.view) == "By checks"
    opened = await page.open_view({**asked(page), form.view: "By checks"}, mia.request)
    assert (opened[form.source], opened[form.age]) == ("machine", 24)
    theirs = await page.load(asked(page), noa.request)
    assert theirs[form.view].choices == []
    cleared = await page.clear_filters(narrow, mia.request)
    assert (cleared[form.source], value(cleared, form.view)) == ("", None)
    await page.drop_view({**asked(page), form.view: "By checks"}, mia.request)
    with pytest.raises(gr.Error, match="Choose the view"):
        await page.drop_view({**asked(page), form.view: None}, mia.request)


async def test_a_long_queue_is_shown_page_by_page(page, mia, ann, blocked, monkeypatch):
    monkeypatch.setattr(showing, "LISTED", 2)
    for _ in range(3):
        blocked(ann)

    first = await page.load(asked(page), mia.request)
    assert is_visible(first, page.layout.listed.further)
    after = {**asked(page), page.layout.listed.after: first[page.layout.listed.after]}
    second = await page.load_further(after, mia.request)

    assert not is_visible(second, page.layout.listed.further)
    ids = [*first[page.layout.listed.ids].values(), *second[page.layout.listed.ids].values()]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize("rules", [DeskRules(undo=timedelta(0), blind_share=1.0)])
async def test_a_case_of_the_blind_slice_shows_nothing_of_what_the_checks_said(
    page, mia, ann, blocked, rules
):
    blocked(ann)

    opened = await page.open_next(asked(page), mia.request)
    revealed = await page.reveal(asked(page, about(opened, page)), mia.request)

    assert opened[page.layout.case.grounds.clause] == desk.judged_blind()
    assert value(opened, page.layout.listed.rows)["data"][0][1:3] == [
        desk.hidden_clause(),
        desk.hidden_clause(),
    ]
    assert value(revealed, page.layout.case.evidence.subject) == [
        {"token": SECRET, "class_or_confidence": None}
    ]
    assert "banned" not in shown(opened) + shown(revealed)


def test_a_prepared_reason_reads_in_each_language():
    for ruling in ("misuse", "model_failure", "no_violation"):
        for _, key in fitting(ruling):
            assert len({prepared(key, language) for language in LANGUAGES}) == len(LANGUAGES)
    assert prepared(None, "en") == prepared("gone", "en") == ""


# Spans


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("", [], [("", None)]),
        ("plain", [], [("plain", None)]),
        ("ab zzz", [[3, 6]], [("ab ", None), ("zzz", "banned 1.00")]),
        ("zzz", [[0, 3]], [("zzz", "banned 1.00")]),
        ("abcdef", [[1, 4], [2, 6]], [("a", None), ("b", "x"), ("cd", "x"), ("ef", "x")]),
        ("short", [[3, 99]], [("sho", None), ("rt", "banned 1.00")]),
        ("short", [[50, 99]], [("short", None)]),
        ("😀 zzz", [[2, 5]], [("😀 ", None), ("zzz", "banned 1.00")]),
    ],
)
def test_the_pieces_are_the_whole_text_with_every_span_marked(text, spans, expected):
    verdict = {"findings": [{"check": "banned", "score": 1.0, "spans": spans}]}

    pieces = evidence.highlighted(text, [verdict])

    assert "".join(piece for piece, _ in pieces) == text
    assert [(piece, bool(label)) for piece, label in pieces] == [
        (piece, bool(label)) for piece, label in expected
    ]


def test_a_piece_that_two_checks_marked_names_both():
    verdict = {
        "findings": [
            {"check": "rules", "score": 0.95, "spans": [[0, 4]]},
            {"check": "classifier", "score": 0.8, "spans": [[2, 6]]},
        ]
    }

    pieces = evidence.highlighted("abcdef", [verdict])

    assert pieces == [("ab", "rules 0.95"), ("cd", "classifier 0.80 + rules 0.95"), ("ef", "classifier 0.80")]


def test_a_name_with_marks_is_shown_with_its_marks():
    assert desk.signed_in_as("<b>*mia*", "lead") == r"Signed in as \<b\>\*mia\* (lead)"


def test_a_line_of_evidence_says_whether_it_is_a_prompt_a_reply_or_a_title():
    at = datetime(2026, 11, 1, tzinfo=UTC)
    lines = [
        EvidenceLine(message_id=named, role=role, text="x", state="blocked", is_subject=False, at=at)
        for named, role in (("a", "user"), ("b", "assistant"), ("title-c", "user"))
    ]

    assert [evidence.who(line) for line in lines] == ["prompt", "reply", "title"]
