"""The words of the desk: in which states cases and decisions are, and what can be decided."""

from typing import Literal

CaseKind = Literal["content", "audit", "appeal", "override"]
"""`content`: about a message; `audit`: about one that nothing was found in, drawn at random; `appeal`: a
person asks again; `override`: a moderator looks again."""
CaseState = Literal["open", "claimed", "escalated", "ruled", "pending_second", "decided"]
"""`ruled`: a decision was made and can still be undone; it takes effect when that time is over."""
DecisionState = Literal[
    "settling", "proposed", "in_force", "passed_on", "agreed", "disagreed", "undone", "declined", "overturned"
]
"""`agreed` and `disagreed` are what a second person said of a decision; `passed_on` left it to another."""
Ruling = Literal["misuse", "model_failure", "no_violation", "unsure"]
DecisionAction = Literal["restore", "remove", "warn", "suspend", "escalate", "second_opinion"]
Stage = Literal["first", "second"]
LabelName = Literal["tp", "fp", "unsure"]
SecondReason = Literal["severity", "suspension", "override"]
