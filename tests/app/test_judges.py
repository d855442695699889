"""The dearer judges over real checkpoints in small: a Gemma 2 of random weights, and the bundled model."""

import asyncio
import json
import shutil
from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch
from transformers import AutoTokenizer, Gemma2ForCausalLM
from typer.testing import CliRunner

from app.commands import cli
from app.judge_conditions import judge_conditions
from app.judges import Asked, opened_guard, require_judges
from app.models import load_model
from app.pages.evidence import check_rows
from app.settings import Settings, SettingsError
from app.turn import Limits, Turns
from model.advice import Host, Load
from model.catalog import describe
from model.fake import FAKE, FakeModel
from model.machine import this_machine
from model.survey import survey
from model.types import GenerationSettings, ModelError, PromptTooLong
from safety.checks.judge import Part, TooLong
from safety.checks.judge.shieldgemma import read_guidelines
from safety.guard import Guard
from safety.policy import Threshold, load_policy
from safety.policy.types import CheckPolicy, JudgePolicy
from safety.types import Action, CheckedText, Outcome, Signal, Text
from tests.model.conftest import tiny_config, train_tokenizer
from tests.safety.test_judge_labels import MEANINGS, classifier

REPLIES = ("The baker counts the morning.", "My sister forgets every star.")
SHIELDGEMMA = "google/shieldgemma-2b"


@pytest.fixture(scope="module")
def shieldgemma(tmp_path_factory):
    """ShieldGemma's architecture in small, with random weights."""
    folder = tmp_path_factory.mktemp("shield") / "tiny-shield"
    tokenizer = train_tokenizer(folder)
    torch.manual_seed(0)
    Gemma2ForCausalLM(tiny_config(tokenizer, max_position_embeddings=1536)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """A text classifier that knows two words."""
    return classifier(tmp_path_factory.mktemp("labels") / "tiny")


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory):
    """A host's policy file that has a judge asked about whatever has any score at all."""

    def write(judge, *, flag=0.0, block=1.0):
        file = tmp_path_factory.mktemp("policy") / "host.toml"
        file.write_text(
            f'version = "t"\n[judges.{judge}]\nflag = {flag}\nblock = {block}\n'
            "asked = { from = 0.0, to = 1.0 }\n"
        )
        return file

    return write


@pytest.fixture
def guard_of():
    """Open the Guard of these settings; the test's end closes it."""
    with ExitStack() as opened:
        yield lambda served=None, **chosen: opened.enter_context(
            opened_guard(Settings(_env_file=None, device="cpu", **chosen), served)
        )


@pytest.fixture(scope="module")
def shielded(shieldgemma, policy_file):
    """A Guard whose suspects the small ShieldGemma judges."""
    settings = Settings(
        _env_file=None,
        device="cpu",
        shieldgemma=str(shieldgemma),
        policy_file=policy_file("shieldgemma"),
        judge_seconds=120,
    )
    with opened_guard(settings, None) as guard:
        yield guard


@pytest.fixture(scope="module")
def bundled():
    engine = load_model(Settings(_env_file=None, device="cpu", max_turns=1))
    yield engine
    engine.close()


def reply(text):
    return Text(text, "response", prompt="Tell me a story about them.", lang="en")


class Suspects:
    """Suspects every text of hate, and no more."""

    name = "suspects"
    version = "1"

    def check(self, text):
        return CheckedText((Signal("hate", 0.4),))


def test_the_verdict_changes_when_only_the_reply_does(shielded):
    judge = shielded._panel.judges["shieldgemma"]
    answers = [judge.check(replace(reply(text), suspected=("hate",))) for text in REPLIES]
    low, high = sorted(answer.signals[0].score for answer in answers)
    assert high - low > 1e-3
    policy = load_policy().with_checks(["suspects"])
    said = JudgePolicy(check=CheckPolicy(Threshold((low + high) / 2, 1.0)), asked=(0.3, 1.0))

    guard = Guard(
        [Suspects()],
        replace(policy, judges={"shieldgemma": said}),
        judges=[judge],
    )
    actions = {guard.judge_now(reply(text)).action for text in REPLIES}
    guard.close()

    assert actions == {Action.ALLOW, Action.FLAG}


def test_the_score_is_what_plain_transformers_says_of_yes_and_no(shielded, shieldgemma):
    tokenizer = AutoTokenizer.from_pretrained(shieldgemma)
    weights = Gemma2ForCausalLM.from_pretrained(shieldgemma)
    judge = shielded._panel.judges["shieldgemma"]
    text = Text("the baker paints code", "prompt", lang="en", suspected=("hate",))
    (principle,) = (one for one in read_guidelines().principles if one.categories == ("hate",))
    prompt = read_guidelines().prompt(principle, "prompt", user=text.value, model="")
    ids = tokenizer.encode("".join(part.text for part in prompt))
    yes, no = (tokenizer.encode(word, add_special_tokens=False)[0] for word in ("Yes", "No"))

    with torch.inference_mode():
        logits = weights(torch.tensor([ids])).logits[0, -1]

    (signal,) = judge.check(text).signals
    assert signal.score == pytest.approx(logits[[yes, no]].double().softmax(-1)[0].item(), abs=1e-4)


def test_a_moderator_sees_which_finding_a_judge_took_back(shielded):
    policy = load_policy().with_checks(["suspects"], threshold=Threshold(0.4, 0.9))
    said = JudgePolicy(
        check=CheckPolicy(Threshold(1.0, 1.0)), asked=(0.3, 1.0), lifts={"suspects": Action.FLAG}, clears=1.0
    )
    guard = Guard(
        [Suspects()],
        replace(policy, judges={"shieldgemma": said}),
        judges=[shielded._panel.judges["shieldgemma"]],
    )

    verdict = guard.judge_now(reply(REPLIES[0]))
    guard.close()

    (lifted, passed) = check_rows([verdict.as_dict()])
    assert lifted[:3] == ["suspects", "taken back by shieldgemma", "PUP-2.e.i"]
    assert lifted[3].endswith("< 1.00")
    assert passed[:2] == ["shieldgemma", "pass"]


def test_a_verdict_names_the_judge_with_the_hash_of_its_weights_and_can_be_replayed(shielded, shieldgemma):
    first, second = shielded.judge_now(reply(REPLIES[0])), shielded.judge_now(reply(REPLIES[0]))

    assert first.versions["shieldgemma"] == f"cookbook-1-tiny-shield@{describe(str(shieldgemma)).revision}"
    assert str(shieldgemma.parent) not in json.dumps(first.as_dict())
    assert first.as_dict() | {"ms": 0} == second.as_dict() | {"ms": 0}
    assert shielded.live_checks[-1] == "shieldgemma"


def test_a_long_reply_is_judged_in_parts_that_the_model_can_read(shielded):
    verdict = shielded.judge_now(reply("the baker counts every star. " * 150))

    assert verdict.checks["shieldgemma"] is not Outcome.ERROR


def test_the_model_that_answers_judges_clause_by_clause(guard_of, bundled, policy_file):
    guard = guard_of(bundled, clause_judge="served", policy_file=policy_file("clause_judge"))

    verdict = guard.judge_now(Text("Good morning.", "prompt", lang="en"))

    judged = [found for found in verdict.findings if found.check == "clause_judge"]
    assert judged and all(0 < found.score < 1 for found in judged)
    assert verdict.versions["clause_judge"] == f"clauses-1-bezel-demo@{bundled.checkpoint.revision}"


async def test_a_reply_is_judged_by_the_model_that_writes_it_though_it_holds_the_only_place(
    guard_of, bundled, policy_file, store, ann
):
    file = policy_file("clause_judge", flag=1.0)
    guard = guard_of(bundled, clause_judge="served", policy_file=file)
    turns = Turns(bundled, guard, store, Limits(1_000, GenerationSettings(temperature=0.0), None))

    steps = [step async for step in turns.send(ann, None, "Good morning")]

    _, answer = store.path(ann, steps[-1].prompt.conversation_id)
    assert answer.state == "complete"
    assert bundled.active == 0


def test_a_text_classifier_judges_by_what_its_labels_are_said_to_mean(guard_of, labels, policy_file):
    file = policy_file("label_judge", flag=0.5)
    guard = guard_of(label_judge=str(labels), labels=MEANINGS, policy_file=file)

    found = {
        value: {one.clause for one in guard.judge_now(Text(value, "prompt", lang="en")).findings}
        for value in ("w1 w2 slur", "w1 w2 w3")
    }

    assert found == {"w1 w2 slur": {"PUP-2.e.i"}, "w1 w2 w3": set()}
    assert guard.versions["label_judge"].startswith("labels-1-tiny@")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"shieldgemma": "google/gemma-2-2b-it"}, "which chats; it must be ShieldGemma"),
        ({"shieldgemma": "nonsense"}, "BEZEL_SHIELDGEMMA cannot be used: 'nonsense' is no checkpoint"),
        ({"shieldgemma": "./nowhere"}, "BEZEL_SHIELDGEMMA cannot be used: './nowhere' is not a folder"),
        ({"clause_judge": SHIELDGEMMA}, "which judges by guidelines of its own"),
        ({"clause_judge": "google/gemma-2-2b"}, "which only continues text"),
        ({"label_judge": "nonsense", "labels": {"a": "hate"}}, "it must be a folder or a Hugging Face id"),
        ({"label_judge": "some/one"}, "BEZEL_LABEL_JUDGE and BEZEL_LABELS go together"),
        ({"labels": {"a": "hate"}}, "BEZEL_LABEL_JUDGE and BEZEL_LABELS go together"),
    ],
)
def test_a_judge_that_cannot_be_one_is_refused_before_anything_is_loaded(chosen, said):
    with pytest.raises(SettingsError, match=said):
        require_judges(Settings(_env_file=None, **chosen))


def test_a_judge_whose_weights_are_missing_keeps_bezel_from_starting(guard_of, shieldgemma, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shieldgemma, copy)
    (copy / "model.safetensors").unlink()

    with pytest.raises(ModelError, match="holds no safetensors weights"):
        guard_of(shieldgemma=str(copy))


def test_a_model_that_cannot_be_asked_is_no_judge(guard_of):
    with pytest.raises(SettingsError, match="the model that answers here cannot judge"):
        guard_of(FakeModel(["x"]), clause_judge="served")


def test_no_judge_runs_where_none_is_set(guard_of):
    guard = guard_of()

    assert guard.policy.judges == {}
    assert "shieldgemma" not in guard.live_checks


def test_a_suspect_waits_as_long_as_the_setting_says(guard_of, bundled):
    assert guard_of(bundled, clause_judge="served", judge_seconds=7)._panel.patience == 7


def asked(ask, seconds=5.0):
    return Asked(ask, lambda: FAKE, seconds).score([(Part("?"),)], ("Yes", "No"))


def test_a_question_is_given_up_when_its_time_is_over():
    async def hang(prompt, choices):
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asked(hang, seconds=0.05)


def test_a_prompt_too_long_for_the_model_is_told_as_such():
    async def refuse(prompt, choices):
        raise PromptTooLong(9, 8)

    with pytest.raises(TooLong):
        asked(refuse)


def test_the_command_judges_with_the_judges_that_are_set(monkeypatch, policy_file):
    monkeypatch.setenv("BEZEL_CLAUSE_JUDGE", "served")
    monkeypatch.setenv("BEZEL_DEVICE", "cpu")
    monkeypatch.setenv("BEZEL_POLICY_FILE", str(policy_file("clause_judge")))

    done = CliRunner().invoke(cli, ["judge"], input='{"id": 1, "text": "Good morning."}\n')

    assert json.loads(done.stdout)["checks"]["clause_judge"] in ("flag", "block")


@pytest.fixture(scope="module")
def looked_at():
    return survey("bezel-demo", Host(this_machine(), Load(users=1, context=512), has_token=False))


def conditions(looked_at, **chosen):
    return {one.name: one for one in judge_conditions(Settings(_env_file=None, **chosen), looked_at)}


def test_the_doctor_says_what_a_judge_needs_and_what_was_never_tried(looked_at, shieldgemma):
    found = conditions(looked_at, shieldgemma=str(shieldgemma), clause_judge="served")

    assert found["shieldgemma"].state == found["clause_judge"].state == "note"
    assert "GiB of weights" in found["shieldgemma"].said
    assert "ShieldGemma's own weights were never run here" in found["shieldgemma"].said
    assert "far too small to judge" in found["clause_judge"].said


def test_the_doctor_says_what_a_judge_lacks(looked_at, shieldgemma, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shieldgemma, copy)
    (copy / "model.safetensors").write_bytes(b"cut")

    assert conditions(looked_at, shieldgemma=SHIELDGEMMA)["shieldgemma"].state == "bad"
    assert "damaged or cut short" in conditions(looked_at, shieldgemma=str(copy))["shieldgemma"].said
    assert conditions(looked_at, shieldgemma="nonsense")["judges"].state == "bad"
    assert conditions(looked_at) == {}


def test_the_doctor_says_of_a_server_what_its_scores_are_made_of(looked_at):
    found = conditions(looked_at, clause_judge="served", server_url="http://127.0.0.1:1/v1")

    assert "20 likeliest tokens" in found["clause_judge"].said
