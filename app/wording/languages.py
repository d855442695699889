"""The languages that people are answered in (en, ko, zh, ja), and which of them a browser asks for."""

LANGUAGES = ("en", "ko", "zh", "ja")


def preferred(accept_language: str) -> str:
    """The first of our languages that an Accept-Language header names, by its weights; English otherwise."""
    wanted: list[tuple[float, str]] = []
    for entry in accept_language[:500].split(","):
        name, _, weight = entry.strip().partition(";q=")
        try:
            worth = float(weight) if weight else 1.0
        except ValueError:
            continue
        wanted.append((worth, name.strip().lower().split("-")[0]))
    ours = [(worth, name) for worth, name in wanted if name in LANGUAGES and worth > 0]
    return max(ours, key=lambda pair: pair[0])[1] if ours else "en"


def said(language: str | None, **texts: str) -> str:
    """The text in this language, in English where it is none of ours."""
    return texts.get(language or "en", texts["en"])
