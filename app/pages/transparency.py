"""The page that says how messages are judged: every clause, which are covered, which checks are live."""

import gradio as gr

from app.parts import Parts
from app.wording import page
from app.wording.redactions import name_of, treatment, treatments
from safety.checks.identifiers import Identifiers
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
        gr.Markdown(page.how_it_is_judged(f"{policy.version}, {policy.profile}"))
        gr.Markdown(page.model_line(checkpoint, parts.guard.live_checks))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        gr.Markdown(f"### The policy, clause by clause\n\n{table}", elem_classes="bezel-clauses")
        if Identifiers.name in parts.guard.live_checks:
            gr.Markdown(f"{treatments()}\n\n{_identifiers(policy)}", elem_classes="bezel-clauses")


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
