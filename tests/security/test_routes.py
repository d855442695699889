"""Every route and every listener, found by listing the application, for everybody who may call it."""

import json
import re

import pytest
from matrix import MODERATOR, NOBODY, OPEN, VISITOR, filled, statuses, wrong_answers
from siege import MODERATOR as MIA
from siege import SECOND, TYPES, besieged, converse, plausible, routes_of

from app.open_routes import BEGINNING, DESK
from storage.types import Filters

SECRET = "the-words-that-only-ann-may-read"


@pytest.fixture(scope="module")
def routes(siege):
    listed = routes_of(siege.bezel.app)
    assert len(listed) > 100
    return {path for path, _ in listed}


def test_every_route_that_answers_has_been_judged(routes, nobody, ann, mia):
    closed = {path for path in routes if not path.endswith(BEGINNING)} - OPEN

    answering = [
        path
        for path in sorted(closed)
        for caller in (nobody, ann, mia)
        if set(statuses(caller, filled(path))) - {404}
    ]

    open_to_nobody = [path for path in answering if not (path + "/").startswith(DESK)]
    assert open_to_nobody == [], "judge these routes: say in matrix.py who may have what of them"
    for path in answering:
        assert set(statuses(mia, filled(path))) == {404}, path
        assert set(statuses(nobody, filled(path))) <= {303, 401, 404}, path
    assert {path for path in OPEN if path not in routes} == set()


def test_an_export_of_cases_is_taken_once_by_the_moderator_who_asked_for_it(siege, call, nobody, ann, mia):
    noa, exports = call(moderator=SECOND), siege.parts.store.exports
    asked = exports.ask(siege.moderator_id(MIA), Filters())
    exports.agree(asked.id, siege.moderator_id(SECOND))
    path = "/moderation-export"

    answers = [
        caller.ask("POST", path, data={"id": wanted}).status_code
        for wanted in ("x", asked.id)
        for caller in (nobody, ann, noa, mia, mia)
    ]

    assert answers == [403, 403, 404, 404, 404, 403, 403, 409, 200, 404]


def test_every_open_route_gives_each_role_what_it_may_have_and_nothing_else(nobody, ann, bob, mia):
    for caller, column in ((nobody, NOBODY), (ann, VISITOR), (bob, VISITOR), (mia, MODERATOR)):
        assert wrong_answers(caller, column) == {}


def test_a_conversation_is_given_to_its_own_person_alone(siege, nobody, ann, bob, mia):
    converse(siege, ann, SECRET)
    wanted = siege.parts.store.conversations(ann.owner)[0].id

    for form in ("json", "markdown"):
        answers = [
            caller.ask("GET", "/conversations/export", params={"of": wanted, "as": form})
            for caller in (nobody, bob, mia, ann)
        ]
        assert [answer.status_code for answer in answers] == [403, 404, 404, 200]
        assert [SECRET in answer.text for answer in answers] == [False, False, False, True]
        made_up = bob.ask("GET", "/conversations/export", params={"of": "made-up", "as": form})
        assert (made_up.status_code, made_up.text) == (404, answers[1].text)
    assert SECRET not in bob.ask("GET", "/conversations/export").text


def test_a_file_is_brought_in_by_whoever_has_a_cookie_of_ours(siege, nobody, call):
    stranger, file = call(), {"file": ("x.json", b"{}")}

    answers = [caller.ask("POST", "/conversations/import", files=file) for caller in (nobody, stranger)]

    assert [answer.status_code for answer in answers] == [303, 400]
    assert "accept the terms" in answers[1].text
    assert siege.parts.store.conversations(stranger.owner) == ()


def test_the_desk_is_a_moderators(nobody, ann, mia):
    for path in (f"{DESK}/", f"{DESK}/config"):
        for caller in (nobody, ann):
            assert caller.ask("GET", path).headers.get("location") == "/sign-in", path
            assert caller.ask("POST", path, content="{}", headers=TYPES).status_code == 401
        assert mia.ask("GET", path).status_code == 200, path


def test_a_session_is_refused_to_nobody_and_to_every_other(nobody, ann, bob, mia):
    for caller, desk in ((ann, ""), (mia, DESK)):
        body = json.dumps({"session_hash": caller.session, "fn_index": 0, "event_id": "x", "data": []})
        caller.call(caller.function("load", desk=bool(desk)), [], desk=bool(desk))
        other = bob if not desk else nobody
        for path in ("queue/join", "cancel", "reset"):
            sent = {"content": body, "headers": TYPES}
            assert nobody.ask("POST", f"{desk}/gradio_api/{path}", **sent).status_code in (401, 403)
            assert other.ask("POST", f"{desk}/gradio_api/{path}", **sent).status_code in (401, 403, 404)
        for path in (f"queue/data?session_hash={caller.session}", f"heartbeat/{caller.session}"):
            assert nobody.ask("GET", f"{desk}/gradio_api/{path}").status_code in (401, 403)
            assert other.ask("GET", f"{desk}/gradio_api/{path}").status_code in (401, 403, 404)


def test_every_listener_refuses_nobody(nobody, ann):
    assert len(nobody.listeners()) > 10 and len(nobody.listeners(desk=True)) > 5
    for number, _, inputs in nobody.listeners():
        assert nobody.join(number, [None] * inputs).status_code == 403
    for number, _, inputs in nobody.listeners(desk=True):
        assert nobody.join(number, [None] * inputs, desk=True).status_code == 401
        assert ann.join(number, [None] * inputs, desk=True).status_code == 401


@pytest.mark.parametrize("who", ["another visitor", "a moderator who visits", "a moderator at the desk"])
def test_no_listener_gives_or_changes_what_is_another_persons(siege, ann, bob, mia, who):
    converse(siege, ann, SECRET)
    conversation = siege.parts.store.conversations(ann.owner)[0]
    messages = siege.parts.store.path(ann.owner, conversation.id)
    before = siege.kept(ann)
    caller, at_desk = bob if who == "another visitor" else mia, who == "a moderator at the desk"
    listeners = [one for one in caller.listeners(desk=at_desk) if one[1] != "erase"]

    for named in (conversation.id, messages[-1].id):
        event = {"index": 0, "value": named, "liked": named, "row_value": [named]}
        for number, name, inputs in listeners:
            for data in (
                plausible(siege, number, desk=at_desk, named=named),
                [[named, "report"]] * inputs,
                [named] * inputs,
            ):
                said = caller.call(number, data, desk=at_desk, event_data=event)
                assert SECRET not in said, name

    assert siege.kept(ann) == before


def test_another_persons_message_answers_as_one_that_was_made_up(siege, ann, bob):
    converse(siege, ann, SECRET)
    theirs = siege.parts.store.path(ann.owner, siege.parts.store.conversations(ann.owner)[0].id)[-1].id

    outputs = [
        re.findall(r'"output":.*?"success":\w+', bob.call(bob.function("open_found"), [named, ""]))
        for named in (theirs, "made-up")
    ]

    assert outputs[0] == outputs[1] and 'success":false' in outputs[0][0]


def test_no_listener_of_the_desk_works_for_an_ended_moderator(siege, call, mia):
    ended = call(moderator=MIA)
    siege.parts.store.moderators.sign_out_everywhere(siege.parts.identity.moderator(ended.cookies).id)

    for number, _, inputs in ended.listeners(desk=True):
        assert ended.join(number, [None] * inputs, desk=True).status_code == 401


def test_the_figures_ask_for_the_token_where_one_is_set(tmp_path):
    token = "a token that is long enough"
    with besieged(tmp_path, metrics_token=token) as other:
        nobody = other.caller(visitor=False)

        answers = {
            said: nobody.ask("GET", "/metrics", headers={"authorization": said}).status_code
            for said in ("", "Bearer wrong", f"Bearer {token}")
        }
        nobody.close()

    assert answers == {"": 404, "Bearer wrong": 404, f"Bearer {token}": 200}
