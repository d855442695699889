"""Hugging Face ids become folders of this machine: safetensors, configurations and tokenizers alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.utils.tqdm import tqdm

from model.catalog import folder_of, is_folder
from model.downloads import gib
from model.progress import OnProgress, Progress

SMALL_FILES = (
    "config.json",
    "generation_config.json",
    "adapter_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "*.safetensors.index.json",
)
WEIGHTS = ("*.safetensors",)
IGNORED = ("*/*", "consolidated*")
"""Other frameworks' files, and weights that some repositories hold once more in their makers' own form."""

BYTES = "Reconstructing"
"""What huggingface_hub calls the bar that counts the bytes written, of all files together."""


def fetch_description(source: str, token: str | None) -> Path:
    """Give the folder with everything but the weights, fetched if need be; raises what the hub raises."""
    if is_folder(source):
        return folder_of(source)
    return Path(
        snapshot_download(source, token=token, allow_patterns=[*SMALL_FILES], ignore_patterns=[*IGNORED])
    )


def fetch_weights(source: str, folder: Path, token: str | None, on_progress: OnProgress) -> None:
    """Fetch the weights into the folder of `fetch_description`; whole files stay, cut ones begin anew."""
    if is_folder(source):
        return
    asked: dict[str, Any] = {
        "revision": folder.name,
        "token": token,
        "allow_patterns": [*WEIGHTS],
        "ignore_patterns": [*IGNORED],
    }
    files = snapshot_download(source, dry_run=True, **asked)
    total = sum(file.file_size for file in files if file.will_download)
    if total:
        snapshot_download(source, tqdm_class=_bar(_bytes_told(total, on_progress)), **asked)


def _bytes_told(total: int, on_progress: OnProgress) -> Callable[[float], None]:
    def tell(done: float) -> None:
        fraction = min(1.0, done / total)
        said = f"{gib(int(done))} of {gib(total)}"
        on_progress(Progress("downloading", fraction, said))

    tell(0)
    return tell


def _bar(tell: Callable[[float], None]) -> type[Any]:
    """A bar that draws nothing and tells of the bytes that have been written, of all files together."""

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **(options | {"disable": True}))  # type: ignore[no-untyped-call]
            self._is_told = str(options.get("desc", "")).startswith(BYTES)
            self._done = 0.0

        def update(self, n: float | None = 1) -> None:
            if self._is_told:
                self._done += n or 0
                tell(self._done)

    return Bar
