"""Small plots as inline SVG: they take the page's colours, light and dark, and need no script."""

from collections.abc import Sequence
from html import escape

from storage.types import DayCount

WIDTH, HEIGHT, FOOT = 720, 160, 22
LABELS = 6


def inflow(days: Sequence[DayCount], title: str, opened: str, decided: str) -> str:
    """Two bars a day: what was opened, and what was decided."""
    most = max([1, *(max(day.opened, day.decided) for day in days)])
    slot = WIDTH / max(1, len(days))
    bars = [
        _bar(number * slot + side * slot * 0.4 + slot * 0.1, count, most, slot * 0.4, name)
        for number, day in enumerate(days)
        for side, (count, name) in enumerate(((day.opened, "opened"), (day.decided, "decided")))
    ]
    every = max(1, len(days) // LABELS)
    dates = [
        f'<text x="{(number + 0.5) * slot:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{day.day:%d %b}</text>'
        for number, day in enumerate(days)
        if number % every == 0
    ]
    return (
        f'<figure class="bezel-plot"><figcaption>{escape(title)}: '
        f'<span class="opened">■ {escape(opened)}</span> '
        f'<span class="decided">■ {escape(decided)}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'<text x="0" y="12">{most:,}</text>{"".join(bars)}{"".join(dates)}</svg></figure>'
    )


def _bar(left: float, count: int, most: int, width: float, name: str) -> str:
    tall = (HEIGHT - FOOT - 16) * count / most
    place = f'x="{left:.1f}" y="{HEIGHT - FOOT - tall:.1f}"'
    return f'<rect class="{name}" {place} width="{width:.1f}" height="{tall:.1f}"/>'
