"""The terms a first visitor accepts: the host's own file or the ready one, with a version that is stored."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings, SettingsError
from app.wording import audits

READY = Path(__file__).parent / "wording" / "terms.md"


@dataclass(frozen=True, slots=True)
class Terms:
    """The text as a person reads it; the version is a hash of it, so a changed sentence asks again."""

    text: str
    version: str


def terms(settings: Settings) -> Terms:
    """Read the terms. Raises SettingsError where the host's file cannot be read."""
    path = settings.terms_file or READY
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"BEZEL_TERMS_FILE is {str(path)!r}; it must be a Markdown file in UTF-8 that can be read."
        ) from None
    for name in ("host_name", "host_contact", "privacy_notice"):
        text = text.replace("{" + name + "}", getattr(settings, name))
    if settings.audit_share:
        text = f"{text.rstrip()}\n\n{audits.consent(settings.audit_share)}\n"
    return Terms(text, hashlib.sha256(text.encode()).hexdigest()[:12])
