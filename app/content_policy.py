"""The content security policy of each answer: what a page may run, load, send and be framed by."""

import base64
import hashlib
import re

# Two exceptions that Gradio's page cannot do without, and no third:
# - its inline scripts, each by the hash of what the server sent, so that what a text brings does not run;
# - inline styles, since every component of its pages carries style attributes.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'{hashes}; connect-src 'self'; font-src 'self' data:; media-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; frame-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)
INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def content_policy(page: bytes, *, framed: bool) -> str:
    """The policy for an answer with this HTML, empty for none; a Space may be framed by huggingface.co."""
    ancestors = "'self' https://huggingface.co" if framed else "'self'"
    return POLICY.format(hashes="".join(f" '{one}'" for one in _hashes(page)), ancestors=ancestors)


def _hashes(page: bytes) -> list[str]:
    """The CSP hash of each inline script, as a browser computes it: over the text with plain line ends."""
    scripts = (found.replace(b"\r\n", b"\n") for found in INLINE_SCRIPT.findall(page))
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    return sorted({f"sha256-{digest}" for digest in digests})
