"""Marked text and secrets are sent everywhere; afterwards they are in no log, no figure and no error page."""

import json
import logging

from siege import PASSWORD, TYPES, plausible

from app.identity import DESK_COOKIE, VISITOR_COOKIE
from app.keys import keys

MARK = "a-word-that-only-its-author-may-read"


def test_what_people_write_and_what_identifies_them_is_in_no_log_and_no_figure(
    siege, ann, mia, caplog, capfd
):
    caplog.set_level(logging.DEBUG, "bezel")
    for caller, desk in ((ann, False), (mia, True)):
        for number, name, inputs in caller.listeners(desk=desk):
            if name != "erase":
                caller.call(number, plausible(siege, number, desk=desk, text=MARK), desk=desk)
                caller.call(number, [MARK] * inputs, desk=desk, event_data={"value": MARK, "index": MARK})
    for form in ({"name": MARK, "password": MARK}, {"name": "mia", "password": PASSWORD + MARK}):
        ann.ask("POST", "/sign-in", data=form)
    ann.ask("GET", f"/{MARK}?{MARK}={MARK}", headers={"accept": "text/html"})
    ann.ask("POST", "/gradio_api/queue/join", content=json.dumps({"data": MARK}), headers=TYPES)

    written = caplog.text + "".join(capfd.readouterr()) + ann.ask("GET", "/metrics").text
    secrets = [MARK, PASSWORD, ann.owner, ann.cookies[VISITOR_COOKIE], mia.cookies[DESK_COOKIE]]
    assert "bezel.gradio" in written and "bezel_turns_total" in written
    assert [secret for secret in secrets if secret in written] == []


def test_an_error_page_quotes_nobody_and_names_no_place_in_the_code(siege, ann):
    answers = [
        ann.ask("GET", f"/{MARK}"),
        ann.ask("POST", "/gradio_api/queue/join", content=MARK, headers=TYPES),
        ann.ask("POST", "/my-data/export", content=MARK),
    ]

    for answer in answers:
        assert answer.status_code >= 400
        assert MARK not in answer.text
        assert "site-packages" not in answer.text and "Traceback" not in answer.text


def test_no_key_has_left_the_house(siege, ann, tmp_path):
    folder = siege.folder
    ours = json.loads((folder / "keys.json").read_text())
    text = "".join(siege.received)

    assert keys(folder, None)
    assert [name for name, value in ours.items() if isinstance(value, str) and value in text] == []
