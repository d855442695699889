"""A host's own part of the policy: one TOML file of clauses, blocklists with examples, and identifiers."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from safety.policy.judges import judge_in
from safety.policy.reading import Identifiers, identifiers_in
from safety.policy.tables import Table, read_table
from safety.policy.types import (
    ACTIONS,
    CATEGORIES,
    SIDES,
    CheckPolicy,
    ClausePolicy,
    JudgePolicy,
    Policy,
    Threshold,
)
from safety.types import Action, Category, SafetyError, Side

CHECK = "host"
"""The name of the check that finds a host's words."""

_THRESHOLD = Threshold(0.5, 0.9)
_LIFTABLE = ("classifier", "circumvention")
"""The checks of the policy that weigh words, and may be wrong."""
_OWN_ID = re.compile(r"[A-Z][A-Z0-9]*(?:[-.][A-Za-z0-9]+)*")
_OFFICIAL = "PUP-"


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Words that break a clause for certain; `must_catch` and `must_pass` are texts to try them by."""

    name: str
    clause: str
    words: tuple[str, ...]
    sides: tuple[Side, ...]
    must_catch: tuple[str, ...]
    must_pass: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What a host adds to the policy. `fingerprint` is the first 12 hex digits of the file's sha256."""

    version: str
    fingerprint: str
    clauses: Mapping[str, ClausePolicy]
    blocklists: tuple[Blocklist, ...]
    identifiers: Identifiers
    """What becomes of the kinds that the file names, in the place of what the policy says."""
    judges: Mapping[str, JudgePolicy] = field(default_factory=dict)
    """What holds for the judges that the file names, in the place of what the policy says."""


def read_host_policy(file: Path) -> HostPolicy:
    """The host's part of the policy; SafetyError names the file, key and wrong value."""
    table = read_table(file)
    own = table.take_table("clauses")
    clauses = {clause_id: _clause(clause_id, own, own.take_table(clause_id)) for clause_id in own.keys}
    lists, kinds = table.take_table("blocklists"), table.take_table("identifiers")
    judges = table.take_table("judges")
    host = HostPolicy(
        version=table.take_text("version"),
        fingerprint=hashlib.sha256(file.read_bytes()).hexdigest()[:12],
        clauses=clauses,
        blocklists=tuple(_blocklist(name, lists.take_table(name)) for name in lists.keys),
        identifiers=identifiers_in(kinds, kinds.keys),
        judges={name: judge_in(judges.take_table(name), _LIFTABLE) for name in judges.keys},
    )
    table.done()
    if not (host.blocklists or host.identifiers or host.judges):
        raise SafetyError(
            f"{file.name} has no [blocklists.NAME], no [identifiers] and no [judges.NAME]; "
            "it must have one of them at least."
        )
    return host


def extended(policy: Policy, host: HostPolicy) -> Policy:
    """The policy with what the host's file says; SafetyError for a clause that neither has."""
    clauses = {**policy.clauses, **host.clauses}
    for one in host.blocklists:
        if one.clause not in clauses:
            raise SafetyError(
                f"blocklists.{one.name}.clause is {one.clause!r}; it must be a clause of the file or of the "
                f"policy: {', '.join(clauses)}."
            )
    for clause_id in {one.clause for one in host.blocklists}:
        clause = clauses[clause_id]
        clauses[clause_id] = replace(clause, checks=(*clause.checks, CHECK))
    return replace(
        policy,
        version=f"{policy.version}+{host.version}",
        fingerprint=f"{policy.fingerprint}+{host.fingerprint}",
        checks={**policy.checks, CHECK: CheckPolicy(_THRESHOLD)},
        clauses=clauses,
        identifiers={**policy.identifiers, **host.identifiers},
        judges={**policy.judges, **{name: _judge(policy, name, one) for name, one in host.judges.items()}},
    )


def _judge(policy: Policy, name: str, judge: JudgePolicy) -> JudgePolicy:
    """The host's word on a judge; a profile that acts from the flag threshold on still does."""
    if name not in policy.judges:
        raise SafetyError(
            f"judges.{name} is no judge of the policy; it must be one of {', '.join(policy.judges)}."
        )
    usual = policy.judges[name].check
    return replace(judge, check=replace(usual, threshold=judge.check.threshold))


def _clause(clause_id: str, clauses: Table, table: Table) -> ClausePolicy:
    if not _OWN_ID.fullmatch(clause_id) or clause_id.startswith(_OFFICIAL):
        raise clauses.wrong(clause_id, clause_id, "an id of your own such as HOST-1, not one of the policy")
    action = Action(table.take_choice("action", ACTIONS)) if "action" in table else Action.BLOCK
    if action in (Action.SUPPORT, Action.REDACT):
        raise table.wrong("action", str(action), "allow, flag or block")
    clause = ClausePolicy(
        id=clause_id,
        title=table.take_text("title"),
        forbids=table.take_text("forbids"),
        severity=table.take_whole_number("severity", 0, 3),
        wording=CHECK,
        categories=(cast(Category, table.take_choice("category", CATEGORIES)),),
        checks=(),
        actions=dict.fromkeys(SIDES, action),
    )
    table.done()
    return clause


def _blocklist(name: str, table: Table) -> Blocklist:
    sides = table.take_choices("sides", SIDES) or SIDES
    blocklist = Blocklist(
        name=name,
        clause=table.take_text("clause"),
        words=_some(table, "words"),
        sides=cast(tuple[Side, ...], sides),
        must_catch=_some(table, "must_catch"),
        must_pass=_some(table, "must_pass"),
    )
    table.done()
    return blocklist


def _some(table: Table, key: str) -> tuple[str, ...]:
    texts = table.take_texts(key)
    if not texts or not all(text.strip() for text in texts):
        raise table.wrong(key, list(texts), "a list of one or more texts")
    return texts
