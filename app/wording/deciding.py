"""What the desk says around a decision, in English; one function a sentence."""


def ruling(name: str) -> str:
    """A ruling in the list of earlier decisions."""
    return {
        "misuse": "Violates, by the person",
        "model_failure": "Violates, by the model",
        "no_violation": "Does not violate",
        "unsure": "Unsure",
    }[name]


def rulings() -> list[tuple[str, str]]:
    """The choices of the form."""
    return [
        ("Violates the policy: the person did", "misuse"),
        ("Violates the policy: the model did", "model_failure"),
        ("Does not violate it", "no_violation"),
        ("Unsure: pass it on", "unsure"),
    ]


def public_note_label() -> str:
    """The note that people read."""
    return "Note to the people concerned (they can read it)"


def private_note_label() -> str:
    """The note that only moderators read."""
    return "Private note (for moderators)"


def no_case_open() -> str:
    """A button of the form without a case."""
    return "No case is open. Press Next case, or choose one from the queue."


def decided_already() -> str:
    """A case that somebody has decided in the meantime."""
    return "This case has been decided already. Press Next case for another."


def choose_a_ruling() -> str:
    """Deciding without a ruling."""
    return "Choose what you found: violates, does not, or unsure."


def choose_a_clause() -> str:
    """A violation without its clause."""
    return "Choose the clause that it violates; the people concerned are told which."


def lease_ended() -> str:
    """Deciding after the ten minutes."""
    return "Your ten minutes with this case are over. Press “Keep for 10 minutes” and decide again; what you wrote stays in the form."


def stale() -> str:
    """Deciding on a case that has changed since it was opened."""
    return "This case has changed since you opened it, perhaps by another report. Press “Keep for 10 minutes” to see it as it is now, then decide; what you wrote stays in the form."


def kept(until: str) -> str:
    """After keeping a case for longer."""
    return f"This case is yours until {until}."


def released() -> str:
    """After giving a case back."""
    return "The case is back in the queue, undecided."


def decided(reference: str, ruling_name: str, clause: str | None, reasons: list[str]) -> str:
    """After a decision: what was ruled, and what follows; `reasons` are why a second person must agree."""
    violates = f"**It violates {clause}.** The message stays away from readers and from the model, and the people concerned can read your decision."
    follows = {
        "misuse": violates,
        "model_failure": violates,
        "no_violation": "**It does not violate the policy.** What was stopped or removed is restored, and the people concerned can read your decision.",
        "unsure": "**Passed on.** The case waits for a second look by somebody else.",
    }[ruling_name]
    if reasons:
        follows = f"**{ruling(ruling_name)}, you say.** A second person has to agree, because {' and '.join(reasons)}; until then nothing changes."
    return f"Case {reference}: {follows}"


def undo_until(seconds: int) -> str:
    """After a decision that has not taken effect yet."""
    return f"It takes effect in {seconds} seconds; until then you can undo it."


def second_reason(name: str) -> str:
    """Why a second person has to agree."""
    return {
        "severity": "the case is of the gravest severity",
        "suspension": "somebody would be suspended",
        "override": "an earlier decision would be overturned",
    }[name]


def proposal(*, by: str, ruling_name: str, clause: str | None, action_name: str, why: list[str]) -> str:
    """What a colleague decided, for the second person."""
    decided_so = decided_as(ruling_name, clause, action_name)
    return f"### Do you agree?\n\n{by} decided: **{decided_so}**. A second person is asked because {' and '.join(why)}."


def decided_as(ruling_name: str, clause: str | None, action_name: str) -> str:
    """A decision in a line: the ruling, the clause, what follows."""
    return " · ".join(filter(None, (ruling_name, clause, action_name)))


def agreed() -> str:
    """After a second person agreed."""
    return "You agreed. The decision takes effect in a moment; until then you can undo that."


def disagreed() -> str:
    """After a second person did not agree."""
    return "You did not agree. The case goes to somebody else, who decides anew."


def undone() -> str:
    """After a decision was taken back."""
    return "Your decision was taken back. The case is yours again."


def decided_alike(count: int) -> str:
    """After one decision for several cases about the same text."""
    return f"{count} cases about this very text were decided alike."


def decide_alike(count: int) -> str:
    """The button that decides all cases about the same text."""
    return f"Decide all {count} with this text"


def what_follows() -> str:
    """The choice of the action."""
    return "What follows"


def action(name: str, days: int | None = None) -> str:
    """What follows from a ruling."""
    return {
        "restore": "restore the text",
        "remove": "remove the text",
        "warn": "remove it and warn the person",
        "suspend": f"remove it and suspend the person for {days} days"
        if days
        else "remove it and suspend the person",
        "escalate": "pass it on to a lead",
        "second_opinion": "ask somebody else",
    }[name]


def for_days() -> str:
    """How long a suspension lasts."""
    return "Suspended for so many days"


def prepared_reason() -> str:
    """The choice of a prepared reason."""
    return "Prepared reason (they read it in their language)"


def which_were_right() -> str:
    """The findings of the checks, to be confirmed."""
    return "Which findings were right? The checks learn from it."


def agree() -> str:
    """The second person's yes."""
    return "I agree"


def do_not_agree() -> str:
    """The second person's no."""
    return "I do not agree"


def keep_longer() -> str:
    """The fold of what else can be done with a case."""
    return "Keep it longer, or hand it over"


def why() -> str:
    """The reason for holding or handing over."""
    return "Why (colleagues read it)"


def hold_for() -> str:
    """How long a case is held."""
    return "Hold it for"


def hours(count: int) -> str:
    """A number of hours."""
    return "1 hour" if count == 1 else f"{count} hours"


def hold() -> str:
    """The button that holds a case."""
    return "Hold"


def held_until(until: str) -> str:
    """After holding a case."""
    return f"The case is held for you until {until}."


def hand_over_to() -> str:
    """To whom a case is handed over."""
    return "Hand it over to"


def hand_over() -> str:
    """The button that hands a case over."""
    return "Hand over"


def handed_over(name: str) -> str:
    """After handing a case over."""
    return f"The case is with {name} now."


def choose_somebody() -> str:
    """Handing over to nobody."""
    return "Choose to whom you hand the case over."


def say_why() -> str:
    """Holding or handing over without a reason."""
    return "Say why in a few words; colleagues see it beside the case."


def look_again() -> str:
    """The button on a decided case."""
    return "Look at it again"


def undo() -> str:
    """The button that takes a decision back."""
    return "Undo"


def nothing_to_undo() -> str:
    """Undo without a decision."""
    return "There is no decision of yours to undo."


def choose_an_action() -> str:
    """Deciding with an action that does not fit."""
    return "Choose what follows from your ruling."
