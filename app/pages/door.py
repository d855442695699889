"""The plain pages around the chat: HTML with forms and without any script, the same in every browser."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse

PAGE = Template((Path(__file__).parent / "door.html").read_text(encoding="utf-8"))
LONGEST_FIELD = 1_000


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in; `label` is text, not HTML."""

    name: str
    label: str
    kind: Literal["text", "password"] = "text"
    autocomplete: str = "off"
    value: str = ""
    has_focus: bool = False

    def __str__(self) -> str:
        spell = "" if self.kind == "password" else ' autocapitalize="none" spellcheck="false"'
        return (
            f'<label for="{self.name}">{html.escape(self.label)}</label>\n'
            f'<input id="{self.name}" name="{self.name}" type="{self.kind}"'
            f' autocomplete="{self.autocomplete}" value="{html.escape(self.value)}"'
            f' maxlength="{LONGEST_FIELD}" required{spell}'
            f"{' autofocus' if self.has_focus else ''}>"
        )


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in a frame of its own: of something wrong, or of something done."""

    text: str
    is_error: bool = True

    def __str__(self) -> str:
        kind, role = ("error", "alert") if self.is_error else ("done", "status")
        return f'<p class="{kind}" role="{role}" id="{kind}">{html.escape(self.text)}</p>'


def form(action: str, button: str, *fields: Field, is_plain: bool = False) -> str:
    """A form as HTML, with one button under its fields."""
    kind = ' class="plain"' if is_plain else ""
    filled = "\n".join(map(str, fields))
    return (
        f'<form method="post" action="{action}">\n{filled}\n'
        f'<button type="submit"{kind}>{html.escape(button)}</button>\n</form>'
    )


def section(title: str, text: str, content: str) -> str:
    """A part of a page under a heading of its own; `content` is HTML."""
    return f"<h2>{html.escape(title)}</h2>\n<p>{html.escape(text)}</p>\n{content}"


def link(to: str, text: str) -> str:
    """A link as HTML."""
    return f'<a href="{to}">{html.escape(text)}</a>'


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page; `title` and `lead` are text, `body` and `foot` are HTML."""

    title: str
    lead: str
    body: str = ""
    note: Note | None = None
    foot: str = ""
    language: str = "en"

    def answer(self, status: int = 200) -> HTMLResponse:
        """The page as a response."""
        filled = PAGE.substitute(
            lang=self.language,
            title=html.escape(self.title),
            lead=html.escape(self.lead),
            error=self.note or "",
            body=self.body,
            foot=self.foot,
        )
        return HTMLResponse(filled, status)


async def fields_of(request: Request, *names: str) -> Mapping[str, str]:
    """What was typed into these fields, each cut to a length that a field of ours can have."""
    async with request.form() as sent:
        typed = {name: sent.get(name, "") for name in names}
    return {name: value[:LONGEST_FIELD] if isinstance(value, str) else "" for name, value in typed.items()}
