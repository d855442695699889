"""The settings of the gate, a part of Settings: how the policy is applied, and who judges suspects."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field


class GateSettings(BaseModel):
    """The policy, and the dearer judges; none of these runs unless a host says so."""

    profile: Literal["strict", "standard", "research"] = Field(
        "standard", description="How the policy is applied."
    )
    policy_file: Path | None = Field(
        None, description="TOML file with your own clauses and blocklists; `app.py policy check` tries it."
    )
    shieldgemma: str | None = Field(
        None, min_length=1, description="ShieldGemma to ask about suspects: a Hugging Face id or a folder."
    )
    clause_judge: str | None = Field(
        None,
        min_length=1,
        description="Model to ask whether a suspect breaks a clause: `served`, an id or a folder.",
    )
    label_judge: str | None = Field(
        None,
        min_length=1,
        description="Text-classification checkpoint to ask about suspects: a Hugging Face id or a folder.",
    )
    labels: dict[str, str] = Field(
        {}, description='What each of its labels means, as `{"toxic": "harassment", "fine": "none"}`.'
    )
    judge_seconds: float = Field(
        20.0, ge=0.5, le=600.0, description="How long a suspect waits for a judge before it is withheld."
    )
