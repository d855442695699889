"""Which paths are open: Bezel's own pages and routes, and the few routes of Gradio that they need."""

import re
from collections.abc import Iterable

from starlette.routing import compile_path

DESK = "/moderation"
SIGN_IN = "/sign-in"
# Gradio asks its own server to begin; nobody else may.
BEGINNING = "/gradio_api/startup-events"

# All that a page of Gradio asks for. What is not named here answers 404, whatever Gradio adds.
_PUBLIC_FILES = r"/(?:assets|static)/[\w./@ -]+|/theme\.css|/favicon\.ico"
_BOUND = r"/gradio_api/(?:queue/join|queue/data|heartbeat/[^/]+|cancel|reset)"
_OTHERS = r"/config|/robots\.txt"
_OF_GRADIO = re.compile(f"(?:{DESK})?(?:{_PUBLIC_FILES}|{_BOUND}|{_OTHERS})")
_OF_PUBLIC_FILES = re.compile(f"(?:{DESK})?(?:{_PUBLIC_FILES})")
_OF_SESSIONS = re.compile(f"(?:{DESK})?(?:{_BOUND})")


class OpenRoutes:
    """The open paths of one installation; a path of our own may have parameters, as `/export/{name}`."""

    def __init__(self, own: Iterable[str]) -> None:
        self._own = tuple(compile_path(path)[0] for path in (*own, DESK, DESK + "/"))

    def has(self, path: str) -> bool:
        """Whether anything answers at this path."""
        if _OF_GRADIO.fullmatch(path):
            return ".." not in path
        return any(pattern.match(path) for pattern in self._own)


def is_public_file(path: str) -> bool:
    """Whether this is one of the files that Gradio ships, the same for everybody."""
    return _OF_PUBLIC_FILES.fullmatch(path) is not None


def is_bound(path: str) -> bool:
    """Whether this route acts for a session of Gradio, which belongs to the cookie that used it first."""
    return _OF_SESSIONS.fullmatch(path) is not None


def is_api(path: str) -> bool:
    """Whether this is a route of Gradio that pages call by script."""
    return path.startswith(("/gradio_api/", f"{DESK}/gradio_api/"))
