"""What the model may read of a conversation, and what of a person's text can be kept at all."""

from model.types import Message
from storage.types import StoredMessage

TITLE_CHARACTERS = 48
TITLE_LIMIT = 120

# What the model may read again: only what passed, or what a moderator let pass.
READABLE_PROMPTS = frozenset({"accepted", "restored"})
READABLE_REPLIES = frozenset({"complete", "stopped", "interrupted", "restored"})


def path_to(path: tuple[StoredMessage, ...], prompt: StoredMessage) -> tuple[StoredMessage, ...]:
    """What stands on the page from the first message to this prompt."""
    ids = [message.id for message in path]
    return path[: ids.index(prompt.id) + 1]


def context_before(path: tuple[StoredMessage, ...], prompt: StoredMessage) -> tuple[Message, ...]:
    """The earlier turns that the model may read, oldest first: only whole ones, only what passed."""
    by_id = {message.id: message for message in path}
    turns: list[Message] = []
    here = by_id.get(prompt.parent_id or "")
    while here is not None:
        asked = by_id.get(here.parent_id or "")
        if here.role == "user":
            here = asked
            continue
        readable_turn = here.state in READABLE_REPLIES and bool(here.text.strip())
        if asked is not None and readable_turn and asked.state in READABLE_PROMPTS:
            turns += [Message("assistant", here.text), Message("user", asked.text)]
        here = by_id.get(asked.parent_id or "") if asked is not None else None
    return tuple(reversed(turns))


def readable(text: str) -> str:
    """The text without what no database and no tokenizer can hold: NUL, other controls, lone surrogates."""
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in sound if char >= " " or char in "\n\t").strip()


def given_title(text: str) -> str:
    """What a person gives as a title, on one line and within its bound."""
    return " ".join(readable(text).split())[:TITLE_LIMIT].rstrip()


def title_of(text: str) -> str:
    """The first words of a prompt, to tell conversations apart."""
    line = " ".join(text.split())
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[:TITLE_CHARACTERS].rsplit(" ", 1)[0].rstrip() + "…"
