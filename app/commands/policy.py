"""`python app.py policy`: what is covered and how well; `policy check FILE` tries a host's own part."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from app.commands import Invocation
from safety.checks.classifier import Classifier
from safety.checks.host import HostLists
from safety.checks.rules import Rules
from safety.coverage import ANY, Covered, coverage, read_recorded
from safety.figures import Interval
from safety.guard import default_guard
from safety.policy import Policy, load_policy
from safety.policy.host import CHECK, extended, read_host_policy

policy = typer.Typer(help="Show what the policy covers, and try a host's part of it.")

_UNKNOWN = "-"


@policy.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """Print by clause: checks, languages, measured recall and false alarms; then what nothing covers."""
    if context.invoked_subcommand is not None:
        return
    invocation: Invocation = context.obj
    settings = invocation.settings
    guard = default_guard(settings.profile, settings.policy_file)
    try:
        recorded = read_recorded()
        rows = tuple(coverage(guard.policy, _languages(guard.policy), recorded))
        print(f"Policy {guard.policy.version}, profile {guard.policy.profile}\n")
        print("\n".join(_lines(rows)))
        if not recorded.is_of(guard.versions):
            print("\nThe figures were measured with other versions of the checks than run here.")
    finally:
        guard.close()


@policy.command()
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="TOML file of your own clauses and lists.")],
) -> None:
    """Run the examples of a host's file and say which fail; status 1 where one does."""
    invocation: Invocation = context.obj
    host = read_host_policy(file)
    whole = extended(load_policy(invocation.settings.profile), host)
    failed = list(HostLists(host, whole).failed_examples())
    for one in failed:
        said = "is not found, but must be" if one.must_be_found else "is found, but must pass"
        print(f"blocklists.{one.blocklist}: {one.text!r} {said}.")
    tried = sum(len(one.must_catch) + len(one.must_pass) for one in host.blocklists)
    print(f"{tried - len(failed)} of {tried} examples end as they must.")
    if failed:
        raise typer.Exit(1)


def _languages(policy: Policy) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By check and clause, the languages that are read."""
    rules: dict[str, frozenset[str]] = {}
    for rule in Rules().rules:
        rules[rule.clause] = rules.get(rule.clause, frozenset()) | frozenset(rule.languages)
    learnt = frozenset(Classifier().languages)
    known = {"rules": rules} | {
        name: dict.fromkeys(policy.clauses, learnt) for name in ("classifier", "circumvention")
    }
    every = dict.fromkeys(policy.clauses, frozenset({ANY}))
    return {name: known.get(name, every) for name in policy.checks}


def _lines(rows: Iterable[Covered]) -> Iterator[str]:
    rows = tuple(rows)
    yield _line("clause", "checks", "languages", "recall (95 %)", "false alarms (95 %)", "title")
    for row in rows:
        if row.checks:
            recall, alarms = _figures(row)
            yield _line(row.id, ", ".join(row.checks), " ".join(row.languages), recall, alarms, row.title)
    uncovered = [f"{row.id} {row.title}" for row in rows if not row.checks]
    yield ""
    yield "Nothing covers: " + ("; ".join(uncovered) or "no clause; each has a check") + "."
    yield "Recall and false alarms are shares of labelled prompts, with the bounds of 95 % confidence."
    yield f"A {_UNKNOWN}: no labelled prompt breaks this clause, or it has words of yours: examples test it."


def _line(*cells: str) -> str:
    widths = (13, 41, 14, 22, 22, 0)
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _figures(row: Covered) -> tuple[str, str]:
    if row.measured is None or CHECK in row.checks:
        return _UNKNOWN, _UNKNOWN
    return _share(row.measured.recall, 0), _share(row.measured.false_alarms, 2)


def _share(one: Interval, places: int) -> str:
    if math.isnan(one.share):
        return _UNKNOWN
    share, low, high = (f"{100 * value:.{places}f}" for value in (one.share, one.low, one.high))
    return f"{share} % ({low}-{high})"
