"""How far transformers is in reading weights, told from its own progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers.utils.logging import set_tqdm_hook

from model.progress import OnProgress, Progress

BAR = "Loading weights"
"""What transformers calls the bar that counts the tensors it has put in place."""


@contextmanager
def told(on_progress: OnProgress) -> Iterator[None]:
    """Tell of each hundredth of the tensors that is read inside the block; no bar is drawn for them."""

    def counted(tensors: Any) -> Iterator[Any]:
        total, last = len(tensors), -1
        for done, tensor in enumerate(tensors, 1):
            yield tensor
            if (now := done * 100 // total) > last:
                last = now
                on_progress(Progress("reading", done / total, f"{done:,} of {total:,} tensors"))

    def hook(make: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        is_ours = options.get("desc") == BAR and len(arguments) == 1
        return counted(arguments[0]) if is_ours else make(*arguments, **options)

    previous = set_tqdm_hook(hook)
    try:
        yield
    finally:
        set_tqdm_hook(previous)
