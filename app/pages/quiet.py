"""How every listener is registered: not offered as an API, without a progress overlay."""

from typing import Any

# Hidden is not protected: a private listener still answers a raw POST, so each handler asks who is calling.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
