"""What the desk says around its filters and saved views, in English; one function a sentence."""

from app.wording.deciding import hours
from app.wording.desk import state


def filters() -> str:
    """The fold of the filters."""
    return "Filters and saved views"


def anything() -> str:
    """A filter that is not set."""
    return "Any"


def filter_state() -> str:
    """The filter by state."""
    return "State"


def states() -> list[tuple[str, str]]:
    """The states that can be asked for."""
    return [
        (state(name), name) for name in ("open", "claimed", "escalated", "ruled", "pending_second", "decided")
    ]


def filter_clause() -> str:
    """The filter by clause."""
    return "Clause"


def filter_check() -> str:
    """The filter by check."""
    return "Check"


def filter_source() -> str:
    """The filter by who found it."""
    return "Found by"


def sources() -> list[tuple[str, str]]:
    """Who can have found it."""
    return [("A check", "machine"), ("A person", "person")]


def filter_language() -> str:
    """The filter by language."""
    return "Language"


def filter_age() -> str:
    """The filter by age."""
    return "Waiting for"


def older_than(count: int) -> str:
    """An age to filter by."""
    return f"more than {hours(count)}" if count < 48 else f"more than {count // 24} days"


def filter_mine() -> str:
    """The filter for one's own cases."""
    return "Only those I hold"


def clear_filters() -> str:
    """The button that takes all filters off."""
    return "Clear"


def saved_views() -> str:
    """The choice of a saved view."""
    return "Saved views"


def view_name() -> str:
    """The name under which filters are saved."""
    return "Save these filters as"


def save_view() -> str:
    """The button that saves a view."""
    return "Save"


def drop_view() -> str:
    """The button that forgets a view."""
    return "Forget"


def name_the_view() -> str:
    """Saving a view without a name."""
    return "Give the view a name first."


def choose_a_view() -> str:
    """Forgetting a view without one."""
    return "Choose the view to forget first."
