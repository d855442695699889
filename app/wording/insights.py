"""The sentences of the desk's figures and exports, in English; one function a sentence."""


def title() -> str:
    """The name of the panel."""
    return "Insights"


def period() -> str:
    """The choice of the period."""
    return "The last"


def days(count: int) -> str:
    """A number of days."""
    return f"{count} days"


def inflow() -> str:
    """The caption of the plot."""
    return "Cases a day"


def opened() -> str:
    """The bar of new cases."""
    return "opened"


def decided() -> str:
    """The bar of decided cases."""
    return "decided"


def waits() -> str:
    """The label of the waits."""
    return "How long cases wait; what nobody has decided counts with its age so far, so read “at least”"


def wait_columns() -> list[str]:
    """The heads of the waits."""
    return ["Severity", "Decided", "Waiting", "Overdue", "Half wait", "Nine in ten wait", "Oldest waiting"]


def precision() -> str:
    """The label of the checks' precision."""
    return "How often a check was right, with an interval of 95 %"


def precision_columns() -> list[str]:
    """The heads of the checks' precision."""
    return ["Check", "Right", "Undecided"]


def share(value: float | None, low: float, high: float, total: int) -> str:
    """A share with its interval."""
    if value is None:
        return "nothing to go by yet"
    return f"{value:.0%} ({low:.0%} to {high:.0%}, of {total:,})"


def agreement(value: str) -> str:
    """How often a second person agreed."""
    return f"**Second persons agreed:** {value}"


def overturned(value: str) -> str:
    """How often a decision did not stand."""
    return f"**Decisions overturned later:** {value}"


def exposure() -> str:
    """The label of what moderators were shown."""
    return "What moderators were shown: to protect them, not to compare them"


def exposure_columns() -> list[str]:
    """The heads of what moderators were shown."""
    return ["Who", "Day", "Cases opened", "Of them grave", "Texts revealed"]


def exports() -> str:
    """What an export is."""
    return "### Export\n\nThe cases that the queue's filters leave, as CSV or JSON: no texts, no names. A second person has to agree within a day, and it can be taken once."


def ask() -> str:
    """The button that asks for an export."""
    return "Ask for an export"


def asked() -> str:
    """After asking."""
    return "The export waits for a second person."


def waiting() -> str:
    """The choice of what waits."""
    return "Waits for somebody to agree"


def agree() -> str:
    """The button that agrees."""
    return "Agree"


def of(name: str, when: str) -> str:
    """An export that somebody asked for."""
    return f"{name}, {when} UTC"


def choose_an_export() -> str:
    """Agreeing with nothing."""
    return "Choose the export that you agree with."


def state_of(count: int) -> str:
    """How many of one's own exports wait."""
    if count == 0:
        return ""
    return (
        "Your export waits for a second person."
        if count == 1
        else f"{count} of your exports wait for a second person."
    )


def download(form: str) -> str:
    """The button that takes an export."""
    return f"Download as {form}"
