"""The page that says how messages are judged: every clause, which are covered, which checks are live."""

import gradio as gr

from app.parts import Parts
from app.wording import judging, page
from app.wording.redactions import name_of, treatment, treatments
from safety.checks.classifier import Classifier
from safety.checks.identifiers import Identifiers
from safety.guard import Guard
from safety.policy.types import KINDS, Policy

COLUMNS = ("Clause", "Title", "What it forbids", "Judged by")


def build_transparency(parts: Parts) -> None:
    """Lay the page out; it says the same to everybody."""
    checkpoint, policy = parts.model.checkpoint, parts.guard.policy
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    for clause in parts.guard.clauses():
        judged = "checks" if clause.covered else "people only"
        rows.append((clause.id, clause.title, clause.forbids, judged))
    with gr.Column(elem_classes="bezel-main"):
        gr.Markdown(judging.how_it_is_judged(f"{policy.version}, {policy.profile}"))
        gr.Markdown(page.model_line(checkpoint, parts.guard.live_checks))
        if Classifier.name in parts.guard.tiers:
            gr.Markdown(judging.read_by_an_encoder())
        if policy.judges:
            gr.Markdown(f"{judging.asked_about_suspects()}\n\n{_judges(parts.guard)}")
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        gr.Markdown(f"### The policy, clause by clause\n\n{table}", elem_classes="bezel-clauses")
        if Identifiers.name in parts.guard.live_checks:
            gr.Markdown(f"{treatments()}\n\n{_identifiers(policy)}", elem_classes="bezel-clauses")


def _judges(guard: Guard) -> str:
    """A line for each dearer judge that runs."""
    lines = (
        judging.described(name, guard.versions[name], said.asked, said.lifts)
        for name, said in guard.policy.judges.items()
    )
    return "\n".join(f"- {line}" for line in lines)


def _identifiers(policy: Policy) -> str:
    rows = [("What", "In your message", "In a reply"), ("---", "---", "---")]
    for kind in KINDS:
        sent, said = policy.identifiers[kind, "prompt"], policy.identifiers[kind, "response"]
        rows.append((name_of(kind), treatment(sent), treatment(said)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def build_terms(parts: Parts) -> None:
    """The terms, to be read again at any time."""
    with gr.Column(elem_classes="bezel-main"):
        gr.Markdown(parts.terms.text)
