"""The sentences of the pages, in English; one function a sentence."""

from collections.abc import Sequence

from model.progress import Progress
from model.types import Checkpoint, Ending


def greeting(model_title: str) -> str:
    """What an empty chat says."""
    return f"## What would you like to talk about?\n\n{model_title} answers here."


def model_line(checkpoint: Checkpoint, checks: Sequence[str]) -> str:
    """Which model answers, of what kind it is, and which checks are live."""
    kind = "served by this host"
    if checkpoint.is_demo:
        kind = "a small demonstration model trained by the Bezel project"
    elif checkpoint.kind == "base":
        kind = "a base model that completes text; it is not tuned to chat"
    return f"**{checkpoint.title}** · {kind} · judged by: {', '.join(checks)}"


def loading(title: str, progress: Progress) -> str:
    """How far the model is on its way into memory."""
    doing = {
        "checking": "is getting ready",
        "downloading": "is being downloaded",
        "reading": "is being loaded",
        "warming": "is warming up",
    }[progress.stage]
    share = "" if progress.fraction is None else f": {progress.fraction:.0%}"
    more = f" ({progress.text})" if progress.text else ""
    return f"{title} {doing}{share}{more}. You can write already; it answers as soon as it is ready."


def not_loaded() -> str:
    """The model cannot be loaded or has died; the reason is for the host alone."""
    return (
        "The model could not be loaded or has stopped, so nothing can be answered now. Whoever runs this site sees the reason. "
        "Your conversations are safe."
    )


def figures(ending: Ending) -> str:
    """How long a reply is and how quickly it came."""
    parts = [f"{ending.tokens:,} {'token' if ending.tokens == 1 else 'tokens'}"]
    if ending.tokens_per_second is not None:
        parts.append(f"{ending.tokens_per_second:,.0f} per second")
    if ending.first_token_seconds is not None:
        parts.append(f"the first after {ending.first_token_seconds:.1f} s")
    return ", ".join(parts)


def sampling_head(longest: int) -> str:
    """What the settings of replies do."""
    return (
        "How your next replies are made, until you leave this page. Temperature 0 takes the likeliest word each time. "
        f"A reply can have up to {longest:,} tokens here."
    )


def must_be_a_number(label: str, value: object) -> str:
    """A setting that is no number."""
    return f"{label} is {value!r}; it must be a number."


def can_be_wrong() -> str:
    """The line under the composer."""
    return "Replies come from a language model and can be wrong. Everything is judged before it is shown."


def prompt_placeholder() -> str:
    """The composer's placeholder."""
    return "Write a message. Enter sends, Shift+Enter starts a new line."


def no_conversations() -> str:
    """The sidebar before the first conversation."""
    return "Your conversations will be listed here."


def temporary() -> str:
    """What a temporary chat is, and what of it is kept after all."""
    return (
        "**Temporary chat.** It stays in memory: it is in no list, no search and no download, and it is gone when you leave it, "
        "after a day, or when this site restarts. One exception: what is stopped or flagged here, or reported by you, goes to a "
        "moderator with the messages around it, and that copy is kept as long as any other."
    )


def take_this(conversation_id: str) -> str:
    """The links that download one conversation."""
    to = f"/conversations/export?of={conversation_id}"
    return f"Download: [Markdown]({to}&as=markdown) · [JSON]({to})"


def take_all() -> str:
    """The links that download all conversations, and the one that brings them back."""
    return (
        "Download: [Markdown](/conversations/export?as=markdown) · [JSON](/conversations/export)\n\n"
        "[Bring conversations back](/conversations/import)"
    )


def type_delete() -> str:
    """The confirmation for deleting all conversations."""
    return "Type DELETE to delete all"


def nothing_deleted() -> str:
    """Deleting all without the confirmation."""
    return "Nothing was deleted: type DELETE in the box to confirm."


def deleted(count: int) -> str:
    """After deleting all conversations."""
    return f"{count:,} {'conversation was' if count == 1 else 'conversations were'} deleted."


def nothing_found() -> str:
    """A search without a result."""
    return "Nothing found. A search looks into your own conversations, for messages that hold every word."


def terms_first() -> str:
    """Sending before accepting."""
    return "Please read and accept the terms first."


def something_went_wrong(incident: str) -> str:
    """An error nobody expected; the id stands in the log too."""
    return f"Something went wrong on our side. Your messages are saved. If it happens again, tell the host this number: {incident}."


def not_yours() -> str:
    """An id that is another's or nobody's."""
    return "This conversation does not exist, or not any more."


def report_prompt() -> str:
    """What happens with a report, before it is sent."""
    return (
        "Tell us what is wrong with this reply. A moderator sees it with up to three turns before it, and you will see the "
        "outcome on the page *My data*. Nothing happens to you if you turn out to be wrong."
    )


def review_prompt() -> str:
    """What happens with a request for review."""
    return (
        "A person will look at the message that was stopped, with up to three turns before it. You will see the outcome on "
        "the page *My data*."
    )


def report_received() -> str:
    """After a report."""
    return "Thank you. A moderator will look at it; the outcome will be on the page My data."


def choose_a_reason() -> str:
    """A report without a reason."""
    return "Choose a reason, so that the moderator knows what to look for."


def too_long_a_note(length: int, limit: int) -> str:
    """A note past its bound."""
    return f"The note is {length:,} characters long; it can be at most {limit:,}."


def nothing_to_report() -> str:
    """A report on something that is no stored reply."""
    return "Only a reply that is stored can be reported."


def no_such_message() -> str:
    """A bubble that stands for nothing that is stored."""
    return "There is no such message here, or not any more. Open the conversation again."


def page_is_old() -> str:
    """An edit on a page that shows another version of the conversation than the one stored last."""
    return "This conversation has changed meanwhile, on another page perhaps; here it is as it stands now."


def version_of(role: str, number: int, text: str) -> str:
    """What has several versions, by its place in the conversation and how it begins."""
    name = "Your message" if role == "user" else "Reply"
    return f"{name} {(number + 1) // 2}: {text}" if text else f"{name} {(number + 1) // 2}"


def my_data(has_account: bool) -> str:
    """The head of the page."""
    belongs = "your account" if has_account else "this browser's cookie"
    return (
        f"## My data\n\nEverything that this site stores about you belongs to {belongs}. Here you can see what became of "
        "your reports, take everything with you, or erase it."
    )


def help_the_checks() -> str:
    """What letting texts be used means, above the box for it."""
    return (
        "### Help the checks to get better\n\nWhere a moderator finds that a message of yours was stopped without need, or that a "
        "reply should have been, the host may keep that one text to try the checks on. Addresses, numbers and other identifiers "
        "are taken out first. It goes when you erase the conversation, or take this back here."
    )


def may_use_mistakes() -> str:
    """The box to tick."""
    return "The host may keep such texts of mine"


def uses_mistakes(allowed: bool) -> str:
    """After ticking the box or not."""
    return "Thank you. You can take this back at any time." if allowed else "None is kept any more."


def erase_warning() -> str:
    """What erasing does."""
    return (
        "Erasing deletes your conversations, reports and settings at once and for good. What is part of an open case is kept, encrypted, "
        "until a moderator has decided it, and then erased as well. Decisions and the audit log stay, without your words."
    )


def erased() -> str:
    """After erasing."""
    return "Everything of yours has been erased."


def keep_it() -> str:
    """The link from the page My data to the recovery code."""
    return (
        "### Keep it\n\nIf this cookie is lost, a recovery code brings your conversations to another browser. "
        "[Make or use a recovery code](/recovery)"
    )


def account() -> str:
    """The link from the page My data to the account."""
    return (
        "### Your account\n\nThe account itself is the host's: it stays when you erase everything. "
        "[Sign out, or change your password](/account)"
    )


def type_erase() -> str:
    """The confirmation for erasing."""
    return "Type ERASE to confirm"


def nothing_erased() -> str:
    """Erasing without the confirmation."""
    return "Nothing was erased: type ERASE in the box to confirm."
