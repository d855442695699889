from dataclasses import replace

import gradio as gr

from app.pages.transparency import build_transparency
from safety.checks.classifier import Classifier
from safety.checks.identifiers import Identifiers
from safety.guard import Guard
from safety.policy import load_policy, policy_for
from safety.types import Action


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


def test_the_page_names_each_judge_with_its_version_and_what_it_may_take_back(parts):
    class Judge:
        name, version, categories = "shieldgemma", "cookbook-1-tiny@abc", frozenset({"hate"})

    policy = load_policy().with_checks(["identifiers"])
    said = replace(policy.judges["shieldgemma"], lifts={"classifier": Action.FLAG}, asked=(0.4, 1.0))
    policy = replace(policy, judges={"shieldgemma": said})
    guard = Guard([Identifiers()], policy, judges=[Judge()])

    page = words(replace(parts, guard=guard))
    guard.close()

    assert "`cookbook-1-tiny@abc`): asked where a check scores a kind of harm from 0.4 to 1" in page
    assert "it takes back what classifier flags." in page
    assert "judged by: identifiers, shieldgemma" in page


def test_the_page_says_that_english_is_read_by_an_encoder_where_one_runs(parts):
    class TwoTiers:
        name, version, tiers = "classifier", "1", ("n-grams", "encoder")

    guards = [Guard([one], policy_for("classifier")) for one in (TwoTiers(), Classifier())]

    said, alone = (words(replace(parts, guard=guard)) for guard in guards)
    for guard in guards:
        guard.close()

    assert "a small transformer" in said
    assert ("a small transformer" in alone) is (Classifier().tiers != ("n-grams",))


def test_a_site_without_judges_says_nothing_of_suspects(parts):
    assert "suspect" not in words(parts)
