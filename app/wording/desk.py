"""The sentences of the moderators' desk and its sign-in page, in English; one function a sentence."""

import re

SEVERITIES = ("slight", "moderate", "grave", "gravest")
UNKNOWN = "unknown"


def title() -> str:
    """The head of the desk."""
    return "# Moderation desk"


def signed_in_as(name: str, role: str) -> str:
    """Who is at the desk; marks in a name stay marks."""
    plain = re.sub(r"([!-/:-@[-`{-~])", r"\\\1", name)
    return f"Signed in as {plain} ({role})"


def waiting(count: int) -> str:
    """How many cases somebody could take now."""
    if count == 0:
        return "No case waits"
    return "1 case waits" if count == 1 else f"{count:,} cases wait"


def queue(count: int) -> str:
    """The label of the list of cases."""
    return f"Queue · {count}"


def how_to_start() -> str:
    """Above a list that is not empty."""
    return "Press **Next case** for the gravest and oldest one, or choose a row to open it. What you open is yours for ten minutes."


def nothing_waits() -> str:
    """An empty queue."""
    return "### All clear\n\nNobody is waiting for you. What the checks flag, and what people report, will be listed here."


def nothing_left() -> str:
    """`Next case` where the rest is held by others or was ruled on by this moderator before."""
    return "There is no case that you could take right now: the rest is with other moderators, or waits for somebody who has not ruled on it yet."


def severity(level: int) -> str:
    """A severity from 0 to 3 in a word."""
    word = SEVERITIES[level] if 0 <= level < len(SEVERITIES) else UNKNOWN
    return f"{level} ({word})"


def source(name: str) -> str:
    """Who found it: a person, or a check by name."""
    return "a person" if name == "person" else name


def found_by_nobody() -> str:
    """A case without a flag or a report: a check failed."""
    return "a failed check"


def no_clause() -> str:
    """A case that names no clause."""
    return "No clause named"


def clause_text(clause_id: str, name: str, forbids: str) -> str:
    """The clause as it stands beside the message."""
    return f"### {clause_id} · {name}\n\n{forbids}"


def clause_unknown(clause_id: str) -> str:
    """A case under a clause that the policy in force does not have."""
    return f"### {clause_id}\n\nThe policy in force has no such clause; an earlier version did."


def no_clause_text() -> str:
    """Beside a message for which no clause was named."""
    return "### No clause named\n\nA check failed, or a person gave another reason. If the message violates the policy, choose the clause below."


def state(name: str) -> str:
    """The state of a case."""
    return {
        "open": "Open",
        "claimed": "Claimed",
        "escalated": "Second look",
        "ruled": "Just decided",
        "pending_second": "Waits for a second person",
        "decided": "Decided",
    }[name]


def held(by: str, until: str) -> str:
    """A case that somebody is working on."""
    return f"With {by} until {until}"


def yours(until: str) -> str:
    """A case that the reader is working on."""
    return f"Yours until {until}"


def case_head(reference: str, level: str, held_until: str) -> str:
    """The head of an open case."""
    return f"## Case {reference}\n\nSeverity {level} · {held_until}"


def masked(level: str) -> str:
    """In place of the text of a grave case."""
    return f"The text is hidden, because this case is of severity {level}. Show it when you are ready; that you did is kept in the audit log."


def evidence_gone() -> str:
    """The evidence of a case was erased with the person."""
    return "The evidence of this case has been erased."


def subject(role: str, state_of_message: str) -> str:
    """The label of the message that the case is about."""
    return f"This case is about this {kind(role)} · {state_of_message}"


def shown_label() -> str:
    """The label of what passed before the rest was withheld."""
    return "What a reader had seen of it"


def kind(role: str) -> str:
    """Who said a message; a title is what somebody called the conversation."""
    return {"user": "prompt", "title": "title"}.get(role, "reply")


def the_message_above() -> str:
    """The line of the context that stands for the message itself."""
    return "▶ the message above"


def policy_line(policy: str | None, checkpoint: str | None, language: str | None) -> str:
    """Under which policy it was flagged, if a check did, and which model said it."""
    model = f"said by `{checkpoint}`" if checkpoint else "written by a person"
    if policy is None:
        return f"No check flagged this message; somebody asked for a person to look at it · {model}"
    return f"Judged under `{policy}` · {model} · language: {language or UNKNOWN}"


def report_kind(name: str) -> str:
    """A report or a request for review."""
    return "Report" if name == "report" else "Request for review"


def hidden_note() -> str:
    """In place of a reporter's words while the text is hidden."""
    return "Hidden with the text"


def no_such_case() -> str:
    """A case that is not in the queue any more."""
    return "This case is not in the queue any more; the list has been brought up to date."


def case_kind(name: str) -> str:
    """What sort of case it is, before its state; nothing for the common sort."""
    return {"content": "", "audit": "Random audit · ", "appeal": "Appeal · ", "override": "Second look · "}[
        name
    ]


def waits_for(name: str) -> str:
    """Who has to go on with a case that the reader may not."""
    return {"lead": "Waits for a lead", "somebody_else": "Waits for somebody else"}[name]


def since(when: str, *, is_overdue: bool) -> str:
    """Since when a case waits."""
    return f"{when}\noverdue" if is_overdue else when


def hidden_clause() -> str:
    """The clause of a case of the blind slice."""
    return "Not shown (judged blind)"


def judged_blind() -> str:
    """Beside a case of the blind slice."""
    return "### Judged blind\n\nThis case was drawn at random to be judged without what the checks said. They are shown once you have ruled."


def learned_from(count: int) -> str:
    """How a weight was learned."""
    return "no decision yet" if count == 0 else f"{count:,} decisions"


def priority_label() -> str:
    """Why a case stands where it does."""
    return "Why it stands here in the queue"


def prior_label() -> str:
    """Earlier decisions about the same text."""
    return "Decided about this very text before"


def appeal_label() -> str:
    """What somebody wrote with an appeal."""
    return "What the appeal says"


def overdue(cases: int) -> str:
    """How many of the waiting cases are overdue."""
    return "" if cases == 0 else f" · {cases:,} overdue"


def queue_tab() -> str:
    """The name of the tab with the queue."""
    return "Cases"


def further() -> str:
    """The button that shows the next page of the queue."""
    return "Further cases"


def history(count: int) -> str:
    """The label of the list of decided cases."""
    return f"Decided · {count}"


def signed_out() -> str:
    """A button of the desk after the sign-in has ended."""
    return "Your sign-in has ended. Reload the page to sign in again."


def sign_in_title() -> str:
    """The head of the sign-in page."""
    return "Moderation desk"


def sign_in_lead() -> str:
    """Under the head of the sign-in page."""
    return "Sign in to look at what was flagged and reported."


def wrong_sign_in() -> str:
    """A sign-in that failed; never says which of both was wrong."""
    return "The name or the password is not right."


def where_accounts_come_from() -> str:
    """At the foot of the sign-in page."""
    return "The host of this site makes the accounts, on its command line."


def name() -> str:
    """The field for a name."""
    return "Name"


def password() -> str:
    """The field for a password."""
    return "Password"


def sign_in() -> str:
    """The button of the sign-in page."""
    return "Sign in"


def back_to_the_chat() -> str:
    """The link at the foot of the sign-in page."""
    return "Back to the chat"


KEYS = (
    ("n", "next case"),
    ("1 2 3 4", "choose the ruling"),
    ("s", "show the hidden text"),
    ("d", "decide"),
    ("z", "undo"),
    ("k", "keep for ten more minutes"),
    ("g", "give back"),
    ("y", "agree with a colleague"),
    ("f", "filters"),
    ("r", "refresh"),
    ("?", "these keys"),
)


def keys() -> str:
    """The list of keys, shown and hidden by `?`."""
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{what}</dd>" for key, what in KEYS)
    return (
        "<details><summary>Keys <kbd>?</kbd></summary><dl>"
        f"{rows}</dl><p>They rest while you type.</p></details>"
    )
