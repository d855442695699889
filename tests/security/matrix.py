"""What each open route answers to whom. Whoever opens a route says it here; until then a test fails."""

from siege import TYPES

from app.open_routes import DESK

NOBODY, VISITOR, MODERATOR = range(3)
"""The columns; another visitor and a suspended person get what a visitor gets, of what is their own."""

# To each: the answer to GET and to POST with an empty JSON object.
TO_ALL = ((200, 405),) * 3
NO_SUCH_FILE = ((404, 405),) * 3
OF_A_SESSION = ((403, 403), (405, 422), (405, 422))
OF_THE_DESK = ((303, 401), (303, 401), (200, 405))
OF_A_SESSION_THERE = ((401, 401), (401, 401), (405, 422))
OF_A_VISITOR = ((403, 405), (200, 405), (200, 405))
PAGES = ("/", "/my-data", "/judging", "/terms", "/recovery")
FILES = ("/assets/{path:path}", "/static/{path:path}")
POSTED = ("queue/join", "cancel", "reset")
# The answer to GET is a stream that has no end, so these have tests of their own.
STREAMS = {
    f"{desk}/gradio_api/{name}" for desk in ("", DESK) for name in ("queue/data", "heartbeat/{session_hash}")
}

ANSWERS = {
    **dict.fromkeys(PAGES, TO_ALL),
    **dict.fromkeys(("/config", "/theme.css", "/favicon.ico", "/robots.txt"), TO_ALL),
    **dict.fromkeys(("/healthz", "/readyz", "/metrics"), TO_ALL),
    **dict.fromkeys(("/my-data/export", "/conversations/export"), OF_A_VISITOR),
    **dict.fromkeys((f"{DESK}/theme.css", f"{DESK}/favicon.ico"), TO_ALL),
    **dict.fromkeys((*FILES, *(DESK + path for path in FILES)), NO_SUCH_FILE),
    **dict.fromkeys((f"/gradio_api/{name}" for name in POSTED), OF_A_SESSION),
    **dict.fromkeys((f"{DESK}/{name}" for name in ("", "config", "robots.txt")), OF_THE_DESK),
    **dict.fromkeys((f"{DESK}/gradio_api/{name}" for name in POSTED), OF_A_SESSION_THERE),
    "/conversations/import": ((200, 303), (200, 400), (200, 400)),
    "/recovery/make": ((405, 303), (405, 200), (405, 200)),
    "/recovery/use": ((405, 403),) * 3,
    # Everybody may chat here, so there is no way in to show.
    "/enter": ((303, 303),) * 3,
    "/sign-in": ((200, 403), (200, 403), (303, 403)),
    "/moderation-export": ((405, 403), (405, 403), (405, 404)),
    # Last, since nobody is signed in afterwards.
    "/sign-out": ((405, 303),) * 3,
    "/sign-out-everywhere": ((405, 303),) * 3,
}
OPEN = {*ANSWERS, *STREAMS}


def filled(path):
    """A path whose parameters have values."""
    names = {"{path:path}": "x", "{session_hash}": "nobodys", "{size}": "1", "{key}": "k", "{file_name}": "f"}
    for name, value in names.items():
        path = path.replace(name, value)
    return path.replace("{", "").replace("}", "")


def statuses(caller, path):
    """What GET, POST and HEAD answer somebody."""
    sent = {"content": "{}", "headers": TYPES}
    answers = [caller.ask("GET", path), caller.ask("POST", path, **sent), caller.ask("HEAD", path)]
    return [answer.status_code for answer in answers]


def wrong_answers(caller, column):
    """What somebody got of the open routes that is not theirs by the table, or is not all that is."""
    wrong = {}
    for path, row in ANSWERS.items():
        got, posted, head = statuses(caller, filled(path))
        if (got, posted) != row[column] or head not in (got, 405):
            wrong[path] = got, posted, head
    return wrong
