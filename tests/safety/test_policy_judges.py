import shutil

import pytest

from safety.policy import PROFILES, Threshold, load_policy
from safety.policy.host import extended, read_host_policy
from safety.policy.reading import FOLDER
from safety.types import Action, SafetyError

JUDGE = "[judges.shieldgemma]\nflag = 0.5\nblock = 0.8\nasked = { from = 0.5, to = 1.0 }\n"


@pytest.fixture
def judge_of(tmp_path):
    """The shipped policy under a profile with a host's word on judges."""

    def make(said, profile="standard"):
        file = tmp_path / "host.toml"
        file.write_text(f'version = "h"\n{said}', encoding="utf-8")
        return extended(load_policy(profile), read_host_policy(file)).judges["shieldgemma"]

    return make


@pytest.mark.parametrize("profile", PROFILES)
def test_no_shipped_judge_takes_anything_back_since_none_was_measured(profile):
    judges = load_policy(profile).judges

    assert set(judges) == {"shieldgemma", "clause_judge", "label_judge"}
    assert all((one.lifts, one.clears) == ({}, 0.0) for one in judges.values())
    assert judges["shieldgemma"].languages == ("en",)


@pytest.mark.parametrize(("profile", "blocks"), [("strict", 0.5), ("standard", 0.8)])
def test_a_strict_profile_acts_from_where_a_judge_flags(profile, blocks):
    policy = load_policy(profile).with_judges(["shieldgemma"])

    assert policy.limits("shieldgemma", "prompt", "hate").threshold == Threshold(0.5, blocks)


@pytest.mark.parametrize(
    ("profile", "error", "not_checked"), [("strict", "block", "block"), ("standard", "block", "flag")]
)
def test_a_judge_that_fails_is_what_the_profile_says_of_failures(profile, error, not_checked):
    policy = load_policy(profile).with_judges(["shieldgemma"])

    assert (policy.on_error("shieldgemma"), policy.on_not_checked("shieldgemma")) == (error, not_checked)


def test_a_policy_without_judges_is_as_it_was_and_knows_none():
    assert load_policy().with_judges([]).judges == {}
    assert "shieldgemma" not in load_policy().checks


def test_a_host_says_when_a_judge_is_asked_and_what_it_may_take_back(judge_of):
    judge = judge_of(
        JUDGE.replace("0.5, to", "0.2, to")
        + 'lifts = { classifier = "block" }\nclears = 0.05\nlanguages = ["en", "ko"]\nerror = "flag"\n'
    )

    assert judge.asked == (0.2, 1.0)
    assert (judge.lifts, judge.clears) == ({"classifier": Action.BLOCK}, 0.05)
    assert (judge.languages, judge.error, judge.not_checked) == (("en", "ko"), Action.FLAG, None)


def test_a_host_may_let_the_cheap_checks_speak_where_a_judge_does_not_read_the_language(judge_of):
    assert judge_of(JUDGE + 'not_checked = "allow"\n').not_checked is Action.ALLOW


def test_a_hosts_word_leaves_a_strict_profile_strict(judge_of):
    assert judge_of(JUDGE, "strict").check.blocks_from_flag


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (
            JUDGE + 'lifts = { rules = "flag" }\n',
            "judges.shieldgemma.lifts.rules = 'flag' has an unknown name",
        ),
        (JUDGE + 'lifts = { identifiers = "flag" }\n', "lifts.identifiers = 'flag' has an unknown name"),
        (JUDGE + 'lifts = { host = "flag" }\n', "lifts.host = 'flag' has an unknown name"),
        (
            JUDGE + 'lifts = { classifier = "support" }\n',
            "classifier is 'support'; it must be one of flag, block",
        ),
        (JUDGE + 'lifts = { classifier = "flag" }\n', "clears is None; it must be a number from 0 to 1"),
        (JUDGE + "clears = 0.6\n", "clears is 0.6; it must be at most what flag is, 0.5"),
        (JUDGE + 'error = "allow"\n', "error is 'allow'; it must be one of flag, block"),
        (JUDGE + 'mood = "good"\n', "mood = 'good' has an unknown name"),
        (
            JUDGE.replace("from = 0.5, to = 1.0", "from = 0.5, to = 0.4"),
            "from is 0.5; it must be at most what to",
        ),
        (JUDGE.replace("block = 0.8", "block = 0.4"), "flag is 0.5; it must be at most what block is, 0.4"),
        (JUDGE.replace("shieldgemma", "stranger"), "judges.stranger is no judge of the policy"),
    ],
)
def test_a_word_on_judges_that_makes_no_sense_is_refused_by_its_place(judge_of, said, wrong):
    with pytest.raises(SafetyError, match=wrong):
        judge_of(said)


def test_the_policys_own_words_on_judges_are_read_as_strictly(tmp_path):
    copy = tmp_path / "policy"
    shutil.copytree(FOLDER, copy)
    text = (copy / "pup.toml").read_text(encoding="utf-8")
    (copy / "pup.toml").write_text(text.replace('languages = ["en"]', 'lifts = { rules = "flag" }', 1))

    with pytest.raises(SafetyError, match=r"pup.toml: judges.shieldgemma.lifts.rules"):
        load_policy(folder=copy)
