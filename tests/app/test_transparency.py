from dataclasses import replace

import gradio as gr

from app.pages.transparency import build_transparency
from safety.checks.identifiers import Identifiers
from safety.guard import Guard
from safety.policy import load_policy


def words(parts):
    with gr.Blocks() as blocks:
        build_transparency(parts)
    return "\n".join(one.value for one in blocks.blocks.values() if isinstance(one, gr.Markdown))


def test_the_page_says_of_each_kind_of_identifier_what_becomes_of_it(parts):
    guard = Guard([Identifiers()], load_policy("standard").with_checks(["identifiers"]))

    said = words(replace(parts, guard=guard))
    guard.close()

    assert "| A card number | is taken out | is taken out |" in said
    assert "| An e-mail address | stays | is taken out |" in said
    assert "| A network address | stays | stays |" in said


def test_a_site_without_that_check_promises_nothing_of_the_kind(parts):
    assert "taken out" not in words(parts)
