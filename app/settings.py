"""Settings: each setting, its default and its range; the one place that reads the environment."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting

from app.gate_settings import GateSettings

# What Gradio reads by itself, at any value that is not empty; nothing that Bezel passes to it undoes these.
DANGEROUS = {
    "GRADIO_VIBE_MODE": "it lets whoever reaches the page rewrite and run the program",
    "GRADIO_ALLOWED_PATHS": "it serves the files of those folders to everybody",
    "GRADIO_WATCH_DIRS": "it runs changed files again while people chat",
    "GRADIO_LOCAL_DEV_MODE": "it lets pages of other sites call this one",
    "GRADIO_PROFILING": "it records and shows how requests are handled",
    "GRADIO_NUM_WORKERS": "it starts servers that Bezel's shield does not cover",
    "GRADIO_IS_E2E_TEST": "it drops what open pages remember after a second",
}


class SettingsError(Exception):
    """A setting that cannot be used; the message names it, shows its value and says what would be right."""


class Settings(BaseSettings, GateSettings):
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
    audit_anchor: Path | None = Field(
        None,
        description="A second folder, on another disk, for the audit log's anchor and the list of erasures.",
    )
    secret: str | None = Field(
        None,
        min_length=32,
        repr=False,
        description="Text from which all keys are made; otherwise `keys.json` is used.",
    )
    old_secrets: tuple[Annotated[str, Field(min_length=32)], ...] = Field(
        (), repr=False, description='Former `BEZEL_SECRET`s, newest first, as `["text"]`; they still read.'
    )

    who: Literal["open", "passcode", "accounts"] = Field(
        "open", description="Who may chat: `open` to all, who knows the `passcode`, or who has `accounts`."
    )
    passcode: str | None = Field(
        None, min_length=8, repr=False, description="The code that people are given, for `passcode`."
    )
    proxy_hops: int | None = Field(
        None, ge=0, le=10, description="How many proxies of yours a request passes; 0 is none."
    )
    prompts_per_minute: int = Field(
        20,
        ge=0,
        le=10_000,
        description="Messages of one person; as many at once. 0 is no limit, here and below.",
    )
    tokens_per_minute: int = Field(
        20_000, ge=0, le=10_000_000, description="Tokens of replies to one person."
    )
    turns_per_person: int = Field(2, ge=0, le=256, description="Replies to one person at the same time.")
    reports_per_hour: int = Field(
        20, ge=0, le=10_000, description="Reports and requests for review of one person."
    )
    address_prompts_per_minute: int = Field(
        600, ge=0, le=1_000_000, description="Messages from one address; a school sits behind one."
    )
    address_people_per_hour: int = Field(
        1_000, ge=0, le=1_000_000, description="New people from one address."
    )
    max_conversations: int = Field(
        1_000, ge=1, le=100_000, description="Most conversations that one person keeps."
    )
    max_messages: int = Field(
        1_000, ge=2, le=100_000, description="Most messages in a conversation, all versions."
    )

    model: str = Field(
        "bezel-demo", min_length=1, description="Checkpoint: `bezel-demo`, a Hugging Face id, or a folder."
    )
    device: str = Field("auto", description="`auto`, `cpu`, `cuda` or `cuda:1`.")
    adapter: str | None = Field(
        None, min_length=1, description="LoRA over it: a folder or a Hugging Face id, safetensors only."
    )
    preset: Literal["auto", "exact", "speed", "memory"] = Field(
        "auto", description="What chooses precision and attention where they are `auto`."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8", "int4"] = Field(
        "auto", description="Number format of the weights; `int4` needs a CUDA GPU."
    )
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = Field(
        "auto", description="How attention is computed; `sdpa` is refused for Gemma 2."
    )
    compile: Literal["auto", "on", "off"] = Field(
        "auto", description="Whether decoding is compiled; `auto` does it for `speed` on one CUDA GPU."
    )
    temperature: float = Field(0.7, ge=0.0, le=2.0, description="Sampling temperature; 0 is greedy.")
    top_p: float = Field(0.95, ge=0.01, le=1.0, description="Nucleus sampling.")
    top_k: int = Field(64, ge=1, le=1000, description="How many tokens sampling chooses from.")
    max_tokens: int = Field(512, ge=1, le=8192, description="Longest reply, in tokens.")
    max_turns: int = Field(8, ge=1, le=256, description="Replies generated at the same time.")
    max_waiting: int = Field(64, ge=0, le=10_000, description="Turns that may wait for their start.")
    kv_memory: int | None = Field(
        None,
        ge=1,
        le=10_000_000,
        description="MiB for what the model remembers of conversations; an eighth of the free memory.",
    )

    server_url: str | None = Field(
        None,
        description="Where OpenAI-compatible servers answer instead of `BEZEL_MODEL`; several by commas.",
    )
    server_model: str | None = Field(
        None, min_length=1, description="Name of the model they serve; the first that they list."
    )
    server_key: str | None = Field(
        None, min_length=1, description="API key that they ask for; none is sent without it.", repr=False
    )
    server_tokenizer: str | None = Field(
        None,
        min_length=1,
        description="Folder or Hugging Face id of the served tokenizer; lengths and markers are then exact.",
    )
    server_context: int | None = Field(
        None, ge=256, le=10_000_000, description="Their context length in tokens; what they say, or 8192."
    )
    server_connect_seconds: float = Field(
        5.0, ge=0.1, le=60.0, description="How long a connection to a server may take."
    )
    server_first_seconds: float = Field(
        60.0, ge=0.5, le=3600.0, description="How long a server may take to begin a reply."
    )
    server_between_seconds: float = Field(
        30.0, ge=0.5, le=3600.0, description="How long a server may be silent during a reply."
    )

    undo_seconds: int = Field(
        30, ge=0, le=300, description="How long a moderator can take a decision back before it takes effect."
    )
    webhook_url: str | None = Field(
        None,
        # They leave this machine encrypted, or not at all.
        pattern=r"^(https://[^/\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(/\S*)?$",
        repr=False,
        description="Where to tell, in two numbers, how many cases wait and are overdue.",
    )
    blind_share: float = Field(
        0.1,
        ge=0.0,
        le=0.5,
        description="Share of cases that moderators judge without seeing what the checks said.",
    )
    audit_share: float = Field(
        0.0,
        ge=0.0,
        le=1.0,
        description="Share of turns without a finding that a moderator reads, redacted; the terms say so.",
    )

    max_prompt_characters: int = Field(
        16_000, ge=100, le=1_000_000, description="Longest prompt, in characters."
    )

    evidence_days: int = Field(
        365, ge=185, le=3650, description="Days for which the evidence of a case is kept after its decision."
    )
    conversation_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after which a conversation nobody goes on with is deleted; 0 never.",
    )
    report_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days after its decision that the words of a report or an appeal go; 0 never.",
    )

    metrics_token: str | None = Field(
        None,
        min_length=16,
        repr=False,
        description="Who sends it may read `/metrics`; without one, only this machine.",
    )
    log_format: Literal["text", "json"] = Field("text", description="Shape of a line of the log.")
    stop_seconds: float = Field(
        10.0, ge=0.0, le=600.0, description="Time that replies have to end when Bezel is stopped."
    )

    host_name: str = Field("the operator of this site", description="Whom the terms name as host.")
    host_contact: str = Field("the person who gave you this address", description="How to reach the host.")
    privacy_notice: str = Field(
        "Messages stay on the host's own server; moderators read them only where these terms say so.",
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
    def is_behind_proxy(self) -> bool:
        """Whether a proxy hands requests on, so that the headers it writes are to be believed."""
        return bool(self.proxy_hops) or self.on_space

    @property
    def address(self) -> str:
        """The address to listen on."""
        return self.host or ("0.0.0.0" if self.on_space else "127.0.0.1")


def read_settings() -> Settings:
    """Read the environment once. Raises SettingsError with a line for each setting that cannot be used."""
    refuse_dangerous_environment()
    try:
        return Settings()  # type: ignore[call-arg]  # every field comes from the environment or its default
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None
    except UnreadableSetting as error:
        # Its words name the field in quotes, and nothing of the value.
        name = str(error).split('"')[1].upper()
        right = '{"label": "meaning"}' if name == "LABELS" else '["text", "text"]'
        raise SettingsError(f"BEZEL_{name} cannot be read; it is written as {right}.") from None


def refuse_dangerous_environment() -> None:
    """Raise SettingsError where a variable of Gradio's would open what Bezel keeps shut."""
    for name, reason in DANGEROUS.items():
        if value := os.environ.get(name):
            raise SettingsError(f"{name} is {value!r}; it must not be set, because {reason}.")


def prepare_environment() -> None:
    """Set what libraries read on their own; must run before torch is imported.

    OpenMP threads that wait actively make the model 2 to 4 times slower as soon as another process has work.
    """
    believe_no_proxy()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def believe_no_proxy() -> None:
    """Keep uvicorn from taking an address out of a header; app/address.py does, behind configured proxies."""
    os.environ["FORWARDED_ALLOW_IPS"] = "none"


def _in_words(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else "settings"
        variable = name if name.isupper() else f"BEZEL_{name.upper()}"
        known = Settings.model_fields.get(variable.removeprefix("BEZEL_").lower())
        is_secret = known is not None and not known.repr
        shown = "cannot be used" if is_secret else f"is {problem['input']!r}"
        lines.append(f"{variable} {shown}; {problem['msg'][0].lower()}{problem['msg'][1:]}.")
    return "\n".join(lines)
