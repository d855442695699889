"""Settings: each setting, its default and its range; the one place that reads the environment."""

import os
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting that cannot be used; the message names it, shows its value and says what would be right."""


class Settings(BaseSettings):
    """What a host can choose, from `BEZEL_…` variables or a file `.env`; frozen after the start."""

    model_config = SettingsConfigDict(
        env_prefix="BEZEL_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    host: str | None = Field(
        None, description="Address to serve on; 127.0.0.1, and all addresses on a Space."
    )
    port: int = Field(7860, ge=1, le=65535, description="Port to serve on.")
    data_folder: Path | None = Field(
        None, description="Where the database and keys live; `./data`, or the user's data folder."
    )
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the database; a SQLite file in the data folder."
    )
    secret: str | None = Field(
        None, min_length=32, description="Text from which all keys are made; otherwise `keys.json` is used."
    )

    model: str = Field(
        "bezel-demo", min_length=1, description="Checkpoint: `bezel-demo`, a Hugging Face id, or a folder."
    )
    device: str = Field("auto", description="`auto`, `cpu`, `cuda` or `cuda:1`.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="Number format of the weights."
    )
    temperature: float = Field(0.7, ge=0.0, le=2.0, description="Sampling temperature; 0 is greedy.")
    top_p: float = Field(0.95, ge=0.01, le=1.0, description="Nucleus sampling.")
    top_k: int = Field(64, ge=1, le=1000, description="How many tokens sampling chooses from.")
    max_tokens: int = Field(512, ge=1, le=8192, description="Longest reply, in tokens.")
    max_turns: int = Field(8, ge=1, le=256, description="Replies generated at the same time.")
    max_waiting: int = Field(64, ge=0, le=10_000, description="Turns that may wait for their start.")

    profile: Literal["strict", "standard", "research"] = Field(
        "standard", description="How the policy is applied."
    )
    max_prompt_characters: int = Field(
        16_000, ge=100, le=1_000_000, description="Longest prompt, in characters."
    )

    host_name: str = Field("the operator of this site", description="Whom the terms name as host.")
    host_contact: str = Field("the person who gave you this address", description="How to reach the host.")
    privacy_notice: str = Field(
        "Messages stay on the host's own server; moderators read them only in flagged or reported cases.",
        description="Sentence or address that the terms show as privacy notice.",
    )
    terms_file: Path | None = Field(
        None, description="Markdown file with the host's own terms; a ready one otherwise."
    )
    crisis_file: Path | None = Field(
        None, description="TOML file with crisis lines by country; a short list otherwise."
    )
    country: str | None = Field(
        None, pattern="^[A-Z]{2}$", description="Country whose crisis line comes first, as `KR`."
    )

    hf_token: str | None = Field(
        None,
        validation_alias=AliasChoices("BEZEL_HF_TOKEN", "HF_TOKEN"),
        description="Hugging Face token for gated checkpoints; `HF_TOKEN` is read too.",
        repr=False,
    )
    space_id: str | None = Field(
        None,
        validation_alias=AliasChoices("BEZEL_SPACE_ID", "SPACE_ID"),
        description="Set by Hugging Face on a Space.",
    )

    @property
    def on_space(self) -> bool:
        """Whether Bezel runs as a Hugging Face Space: framed by huggingface.co, served on all addresses."""
        return self.space_id is not None

    @property
    def address(self) -> str:
        """The address to listen on."""
        return self.host or ("0.0.0.0" if self.on_space else "127.0.0.1")


def read_settings() -> Settings:
    """Read the environment once. Raises SettingsError with a line for each setting that cannot be used."""
    try:
        return Settings()  # type: ignore[call-arg]  # every field comes from the environment or its default
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None


def prepare_environment() -> None:
    """Set what libraries read on their own; must run before torch is imported.

    OpenMP threads that wait actively make the model 2 to 4 times slower as soon as another process has work.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _in_words(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        variable = name if name.isupper() else f"BEZEL_{name.upper()}"
        lines.append(f"{variable} is {problem['input']!r}; {problem['msg'][0].lower()}{problem['msg'][1:]}.")
    return "\n".join(lines)
