"""Gradio's pages without the work that nobody looks at and every reader of a stream waits for.

At each piece of a stream Gradio 6 builds every output of the listener anew, whether or not the handler
touched it, and for each visit it keeps a description of the whole page, for links that are closed here.
"""

import copy
import sys
from collections import ChainMap
from typing import Any

import gradio as gr
from gradio.blocks import Block, BlocksConfig
from gradio.components import Component
from gradio.state_holder import SessionState

UNTOUCHED = {"__type__": "update"}
"""What a browser is sent for an output that stays as it is."""

NOTHING: dict[Any, Any] = {}
FREE_SECONDS = 0.01
"""How long a queue in which nobody waits sleeps until it looks again."""

LOOKS = frozenset({"visible", "interactive", "label", "submit_btn", "stop_btn", "open", "active"})
"""Properties that only the browser asks for, and that it is sent as they are given."""


class _OfOneVisit(BlocksConfig):
    """The components of one session, and the page's where it has none; nobody asks to see them described."""

    def __init__(self, page: BlocksConfig) -> None:
        vars(self).update(vars(page))
        self.blocks = ChainMap({}, page.blocks)  # type: ignore[assignment]

    @staticmethod
    def config_for_block(*_: object) -> dict[Any, Any]:
        """Nothing."""
        return NOTHING


class _Config(BlocksConfig):
    """The components and listeners of the pages, which each session begins with."""

    def __copy__(self) -> BlocksConfig:
        return _OfOneVisit(self)


class Page(gr.Blocks):
    """Pages whose handlers name the components that change; the others cost nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_config = _Config(self)

    def queue(self, *args: Any, **kwargs: Any) -> "Page":
        """As Gradio's, less statistics that nobody sees, and asking itself ten times less often."""
        super().queue(*args, **kwargs)
        self._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
        self._queue.sleep_when_free = FREE_SECONDS
        return self

    async def postprocess_data(
        self, block_fn: Any, predictions: Any, state: SessionState | None
    ) -> list[Any]:
        """Make what a handler gave ready for the browser, an entry for each output of the listener."""
        if not _names_outputs(predictions, block_fn.outputs):
            return await super().postprocess_data(block_fn, predictions, state)
        ready = {block: _looks(block, given) for block, given in predictions.items() if _is_looks(given)}
        others = [block for block in block_fn.outputs if block in predictions and block not in ready]
        if others:
            narrow = copy.copy(block_fn)
            narrow.outputs = others
            given = [predictions[block] for block in others]
            made = await super().postprocess_data(narrow, given if len(given) > 1 else given[0], state)
            ready.update(zip(others, made, strict=True))
        return [ready[block] if block in ready else _untouched(block) for block in block_fn.outputs]


def _names_outputs(predictions: Any, outputs: list[Block]) -> bool:
    return isinstance(predictions, dict) and bool(predictions) and predictions.keys() <= set(outputs)


def _untouched(block: Block) -> dict[str, Any] | None:
    return None if block.stateful else dict(UNTOUCHED)


def _is_looks(given: Any) -> bool:
    """Whether an update changes nothing that a later event is checked against, as a choice is."""
    if not isinstance(given, Block):
        return False
    changed = given.constructor_args
    return changed.keys() <= LOOKS | {"value"} and isinstance(changed.get("value"), str | None)


def _looks(block: Block, update: Block) -> dict[str, Any]:
    changed = UNTOUCHED | update.constructor_args
    if "value" in changed and isinstance(block, Component):
        changed["value"] = block.postprocess(changed["value"])  # type: ignore[no-untyped-call]
    return changed
