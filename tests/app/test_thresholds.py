"""The desk's panel of thresholds, and what the Guard makes of them: from labels to the next verdict."""

import inspect
import shutil
import time
from datetime import timedelta

import gradio as gr
import pytest

from app.learning import Key, Learning, kept_up_to_date
from app.pages.thresholds import ThresholdsPanel
from safety.certify import Certificate, Shortfall
from safety.guard import Guard
from safety.policy import Threshold, load_policy
from safety.types import Action, CheckedText, Signal, Text
from storage.columns import now
from storage.store import Store
from storage.types import DeskRules, IllegalMove, Judgement

VIOLENCE = "PUP-2.e.iii"
ROW = f"scored · {VIOLENCE} · prompts"
KEY = Key("scored", VIOLENCE, "prompt")
RULES = DeskRules(undo=timedelta(0), blind_share=1.0)


class Scored:
    """Finds violence, as surely as the first word of a text says."""

    name = "scored"
    version = "1"

    def check(self, text):
        return CheckedText((Signal("violence", float(text.value.split()[0])),))


class Newer(Scored):
    """The same with other weights."""

    version = "2"


def guard_of(check):
    return Guard([check], load_policy().with_checks(("scored",), threshold=Threshold(0.5, 0.9)))


def open_store(folder, clock):
    url = f"sqlite:///{folder}/bezel.sqlite"
    return Store.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32, clock=clock, rules=RULES)


def prompt(store, guard, text, owner="ann"):
    """Send a prompt, all in one conversation."""
    conversation = (*store.conversations(owner, 1), None)[0] or store.start_conversation(owner)
    saved = store.save_prompt(owner, conversation.id, text)
    return store.record_prompt(owner, saved.id, guard.judge_now(Text(text, "prompt")))


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A folder with a store in which 55 drawn prompts, scored 0.7, were all found to be violence."""
    folder = tmp_path_factory.mktemp("labelled")
    store, guard = open_store(folder, now), guard_of(Scored())
    opal = store.moderators.add("Opal", "hash").id
    for _ in range(55):
        prompt(store, guard, "0.7 the same words")
    opened = [store.desk.case(case.id, opal) for case in store.desk.queue(limit=3).cases]
    case = store.desk.claim(opened[0].summary.id, opal)
    judgement = Judgement("misuse", VIOLENCE, "", "", case.row_version)
    store.desk.decide_alike(case.summary.id, opal, judgement)
    store.desk.settle()
    store.close()
    guard.close()
    return folder


@pytest.fixture
def store(labelled, tmp_path, clock):
    shutil.copy(labelled / "bezel.sqlite", tmp_path)
    opened = open_store(tmp_path, clock)
    clock.move(days=8)
    yield opened
    opened.close()


@pytest.fixture
def guard():
    opened = guard_of(Scored())
    yield opened
    opened.close()


@pytest.fixture
def learning(guard, store):
    return Learning(guard, store)


@pytest.fixture
def panel(parts):
    built = ThresholdsPanel(parts)
    with gr.Blocks() as built.blocks:
        built.build()
    return built


@pytest.fixture
def lead(sign_in):
    return sign_in("lea", "lead")


def chosen(cells=(ROW, "")):
    """What Gradio hands over when somebody chooses a row."""
    return gr.SelectData(None, {"index": [0, 0], "value": cells[0], "row_value": list(cells)})


def texts(updates):
    return repr([getattr(update, "value", update) for update in updates.values()])


def possible(panel, updates):
    """The buttons that are offered."""
    return [button.value for button in panel.buttons if updates[button].visible]


# From labels to a threshold


def test_labels_certify_a_threshold(learning):
    (found,) = learning.standings()

    assert found.key == KEY
    assert found.acts_from == 0.9
    assert found.found == Certificate(0.5, found.found.lower, 55, 0)
    assert learning.standing(KEY) == found


def test_labels_of_another_version_of_the_check_say_nothing(store):
    newer = guard_of(Newer())

    assert Learning(newer, store).standings() == ()
    newer.close()


def test_texts_that_wait_for_a_decision_count_as_wrong(store, guard, learning, clock, mia):
    for _ in range(2):
        prompt(store, guard, "0.7 other words")
    clock.move(days=8)

    (found,) = learning.standings()

    assert isinstance(found.found, Shortfall)
    assert [text.is_right for text in found.texts].count(None) == 2
    with pytest.raises(IllegalMove, match=f"57 so far, {found.found.needed} needed"):
        learning.propose(mia.id, KEY)


def test_what_was_proposed_carries_what_its_labels_say(learning, mia):
    made = learning.propose(mia.id, KEY)

    assert (made.terms.value, made.terms.target, made.terms.risk) == (0.5, 0.9, 0.1)
    assert (made.terms.labels, made.terms.wrong, made.terms.version) == (55, 0, "1")
    assert learning.standing(KEY).under_way == made


def test_a_threshold_is_obeyed_as_soon_as_it_is_switched_on(store, guard, learning, mia, lead):
    made = learning.propose(mia.id, KEY)
    before = prompt(store, guard, "0.6 words")
    store.thresholds.start_shadow(made.id, mia.id)
    learning.bring_up_to_date()
    beside = prompt(store, guard, "0.6 words")
    store.thresholds.activate(made.id, lead.id)
    learning.bring_up_to_date()
    after = prompt(store, guard, "0.6 words")

    assert [found.state for found in (before, beside, after)] == ["accepted", "accepted", "blocked"]
    assert beside.verdict["shadow"] == {made.id: "block"}
    assert after.verdict["policy"].endswith("+t1")
    assert learning.standing(KEY).acts_from == 0.5


def test_the_same_threshold_is_not_proposed_twice(store, learning, mia, lead):
    made = learning.propose(mia.id, KEY)
    store.thresholds.start_shadow(made.id, mia.id)
    store.thresholds.activate(made.id, lead.id)

    with pytest.raises(IllegalMove, match="switched on already"):
        learning.propose(mia.id, KEY)


def test_a_replay_and_a_trial_speak_of_the_threshold_that_is_under_way(store, guard, learning, mia):
    standing = learning.standing(KEY)
    certified = learning.replay(standing)
    made = learning.propose(mia.id, KEY)
    store.thresholds.start_shadow(made.id, mia.id)
    learning.bring_up_to_date()
    for text in ("0.6 words", "0.3 words"):
        prompt(store, guard, text)

    standing = learning.standing(KEY)

    assert {(one.was, one.would) for one in certified} == {(Action.FLAG, Action.BLOCK)}
    assert len(certified) == 55
    assert len(learning.replay(standing)) == 55
    assert (learning.trial(standing).verdicts, learning.trial(standing).changed) == (2, 1)


def test_the_guard_hears_of_what_another_process_switched_on(store, guard, learning, mia, lead):
    made = learning.propose(mia.id, KEY)
    store.thresholds.start_shadow(made.id, mia.id)

    with kept_up_to_date(learning, every=0.01):
        store.thresholds.activate(made.id, lead.id)
        verdict = guard.judge_now(Text("0.6 words", "prompt"))
        for _ in range(500):
            if verdict.action is Action.BLOCK:
                break
            time.sleep(0.02)
            verdict = guard.judge_now(Text("0.6 words", "prompt"))

    assert verdict.action is Action.BLOCK


def test_without_an_audit_everything_might_be_missed(learning):
    found = learning.missed()

    assert (found.audited.turns, found.at_most) == (0, 1.0)


# The panel


def test_every_listener_of_the_panel_asks_who_is_calling(panel):
    handlers = {listener.fn.__name__ for listener in panel.blocks.fns.values()} | {"load"}
    named = {
        name for name, _ in inspect.getmembers(panel, inspect.iscoroutinefunction) if not name.startswith("_")
    }

    assert handlers == named


async def test_nobody_but_a_moderator_gets_an_answer(panel, request_of, visitor_cookies):
    row = ROW
    given = {"load": (), "open_row": (chosen(),)}

    for name in ("load", "open_row", "propose", "start_shadow", "activate", "withdraw", "switch_off"):
        for cookies in ({}, visitor_cookies()):
            with pytest.raises(gr.Error, match="[Ss]ign"):
                await getattr(panel, name)(*given.get(name, (row,)), request_of(cookies))


async def test_the_list_shows_what_the_labels_say(panel, mia):
    updates = await panel.load(mia.request)

    assert "precision ≥ 0.90 with 90 % confidence, n = 55" in texts(updates)
    assert "No turn without a finding has been audited" in texts(updates)
    assert not updates[panel.detail].visible


async def test_a_row_shows_what_would_differ_and_what_can_be_done(panel, mia):
    updates = await panel.open_row(chosen(), mia.request)

    assert updates[panel.detail].visible
    assert "Labels: 55 right, 0 wrong or unsure, 0 not decided." in texts(updates)
    assert "55 verdicts of the last 30 days would differ" in texts(updates)
    assert "flagged → blocked" in texts(updates)
    assert possible(panel, updates) == ["Propose"]


async def test_a_threshold_passes_through_every_hand(panel, parts, mia, lead):
    row = ROW
    steps = [
        await panel.propose(row, mia.request),
        await panel.start_shadow(row, mia.request),
        await panel.activate(row, lead.request),
        await panel.switch_off(row, lead.request),
    ]

    assert [possible(panel, updates) for updates in steps] == [
        ["Run in shadow", "Withdraw"],
        ["Switch on", "Withdraw"],
        ["Propose", "Switch off"],
        ["Propose"],
    ]
    assert "proposed by mia" in texts(steps[0])
    assert "switched on by lea" in texts(steps[2])
    assert parts.guard.judge_now(Text("0.6 words", "prompt")).policy.endswith("+t2")


async def test_who_may_not_switch_on_reads_why(panel, lead):
    row = ROW
    await panel.propose(row, lead.request)
    await panel.start_shadow(row, lead.request)

    with pytest.raises(gr.Error, match="somebody else has to switch it on"):
        await panel.activate(row, lead.request)


@pytest.mark.parametrize("row", [None, "scored · PUP-2.e.iii · replies", "", "<b>"])
async def test_a_button_without_a_row_asks_for_one(panel, mia, row):
    with pytest.raises(gr.Error, match="Choose a row first"):
        await panel.propose(row, mia.request)


async def test_a_button_for_what_is_gone_brings_the_list_up_to_date(panel, mia):
    row = ROW

    with pytest.warns(UserWarning, match="nothing like that"):
        updates = await panel.withdraw(row, mia.request)

    assert possible(panel, updates) == ["Propose"]


async def test_an_empty_list_says_where_labels_come_from(panel, clock, mia):
    clock.move(days=-8)

    updates = await panel.load(mia.request)

    assert updates[panel.nothing].visible
    assert not updates[panel.rows].visible
