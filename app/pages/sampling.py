"""The panel where a person sets how the next replies are made; what comes back from it is checked again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.context import readable
from app.turn import TurnRefused
from app.wording import page
from model.types import GenerationSettings


@dataclass(frozen=True, slots=True)
class Sampling:
    """The components of the panel; their values belong to the open page and are trusted by nobody."""

    temperature: gr.Slider
    top_p: gr.Slider
    top_k: gr.Number
    penalty: gr.Slider
    longest: gr.Slider
    seed: gr.Number
    stop: gr.Textbox
    reset: gr.Button

    @property
    def inputs(self) -> list[Any]:
        """Everything that a person can set."""
        return [
            self.temperature,
            self.top_p,
            self.top_k,
            self.penalty,
            self.longest,
            self.seed,
            self.stop,
        ]


def build_sampling(host: GenerationSettings) -> Sampling:
    """Lay the panel out, closed, with the host's settings filled in."""
    with gr.Accordion("Settings for replies", open=False, elem_id="sampling"):
        gr.Markdown(page.sampling_head(host.max_tokens), elem_classes="bezel-quiet")
        return Sampling(
            temperature=gr.Slider(0, 2, host.temperature, step=0.05, label="Temperature", buttons=[]),
            top_p=gr.Slider(0.01, 1, host.top_p, step=0.01, label="Top-p", buttons=[]),
            top_k=gr.Number(host.top_k, minimum=1, maximum=1_000, precision=0, label="Top-k"),
            penalty=gr.Slider(
                1, 2, host.repetition_penalty, step=0.05, label="Repetition penalty", buttons=[]
            ),
            longest=gr.Slider(
                1, host.max_tokens, host.max_tokens, step=1, label="Longest reply, in tokens", buttons=[]
            ),
            seed=gr.Number(host.seed, precision=0, label="Seed", placeholder="Random"),
            stop=gr.Textbox(
                "\n".join(host.stop), lines=1, max_lines=8, label="Stop texts, one a line", max_length=1_000
            ),
            reset=gr.Button("Back to the host's settings", size="sm", elem_id="reset-sampling"),
        )


def chosen(panel: Sampling, given: Mapping[Any, Any]) -> GenerationSettings:
    """What a person set. Raises TurnRefused or ModelError, with a sentence, for what cannot be used."""
    seed = given[panel.seed]
    return GenerationSettings(
        temperature=_number(panel.temperature, given),
        top_p=_number(panel.top_p, given),
        top_k=int(_number(panel.top_k, given)),
        repetition_penalty=_number(panel.penalty, given),
        max_tokens=int(_number(panel.longest, given)),
        seed=None if seed is None else int(_number(panel.seed, given)),
        stop=_lines(given[panel.stop]),
    )


def as_the_host_set(panel: Sampling, host: GenerationSettings) -> dict[Any, Any]:
    """Updates that fill the host's settings in again."""
    return {
        panel.temperature: host.temperature,
        panel.top_p: host.top_p,
        panel.top_k: host.top_k,
        panel.penalty: host.repetition_penalty,
        panel.longest: host.max_tokens,
        panel.seed: host.seed,
        panel.stop: "\n".join(host.stop),
    }


def _number(component: gr.Slider | gr.Number, given: Mapping[Any, Any]) -> float:
    value = given[component]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or abs(value) > 2**63:
        raise TurnRefused(page.must_be_a_number(str(component.label), value))
    return float(value) if isinstance(value, float) else value


def _lines(text: object) -> tuple[str, ...]:
    """The lines that say something; a stop text of spaces alone would end every reply at once."""
    found = (readable(line) for line in str(text or "").splitlines())
    return tuple(dict.fromkeys(line for line in found if line))
