from dataclasses import replace

import pytest

from safety.redaction import Redaction
from safety.types import Action, Finding, Span
from storage.runs import PATIENCE
from storage.types import IllegalMove, StorageError


def test_a_prompt_is_pending_until_it_has_been_judged(store, ann, verdict):
    conversation = store.start_conversation(ann)

    saved = store.save_prompt(ann, conversation.id, "Good morning")
    judged = store.record_prompt(ann, saved.id, verdict())

    assert (saved.state, saved.verdict) == ("pending", None)
    assert (judged.state, judged.text) == ("accepted", "Good morning")
    assert judged.verdict == verdict().as_dict()


@pytest.mark.parametrize(
    ("action", "state"),
    [
        (Action.ALLOW, "accepted"),
        (Action.FLAG, "accepted"),
        (Action.REDACT, "accepted"),
        (Action.BLOCK, "blocked"),
        (Action.SUPPORT, "blocked"),
    ],
)
def test_the_action_decides_whether_a_prompt_is_accepted(chat, ann, action, state):
    assert chat.prompt(ann, action=action).state == state


def test_a_prompt_is_kept_as_the_verdict_redacts_it_with_its_marks_in_place(store, ann, verdict):
    found = Finding("PUP-2.e.iii", "violence", "banned", 1.0, 0.5, Action.FLAG, (Span(22, 25),))
    judged = replace(
        verdict(Action.FLAG),
        findings=(found,),
        redactions=(Redaction(2, 21, "card"), Redaction(26, 29, None)),
    )
    pending = store.save_prompt(ann, store.start_conversation(ann).id, "a 4111 1111 1111 1111 zzz end")

    kept = store.record_prompt(ann, pending.id, judged)

    assert kept.text == store.message(ann, kept.id).text == "a «CARD NUMBER» zzz «REMOVED»"
    assert [kept.text[start:end] for start, end in kept.verdict["findings"][0]["spans"]] == ["zzz"]
    assert [kept.text[one["start"] : one["end"]] for one in kept.verdict["redactions"]] == [
        "«CARD NUMBER»",
        "«REMOVED»",
    ]


def test_the_text_of_a_blocked_prompt_stays_visible_to_its_author(store, chat, ann):
    blocked = chat.prompt(ann, "my own words", action=Action.BLOCK)

    assert [said.text for said in store.path(ann, blocked.conversation_id)] == ["my own words"]


def test_a_prompt_is_judged_once(store, chat, ann, verdict):
    blocked = chat.prompt(ann, action=Action.BLOCK)

    with pytest.raises(IllegalMove, match="from blocked to accepted"):
        store.record_prompt(ann, blocked.id, verdict())

    assert store.message(ann, blocked.id).verdict == blocked.verdict


@pytest.mark.parametrize("action", [None, Action.BLOCK, Action.SUPPORT])
def test_a_prompt_that_was_not_let_through_gets_no_reply(store, chat, ann, action):
    if action is None:
        prompt = store.save_prompt(ann, store.start_conversation(ann).id, "hello")
    else:
        prompt = chat.prompt(ann, action=action)

    with pytest.raises(IllegalMove, match="cannot be answered"):
        store.start_reply(ann, prompt.id, checkpoint="bezel-demo@1", settings={})


def test_a_reply_answers_a_prompt_and_not_another_reply(store, chat, ann):
    reply = chat.reply(ann)

    with pytest.raises(IllegalMove):
        store.start_reply(ann, reply.id, checkpoint="bezel-demo@1", settings={})


def test_a_reply_grows_while_it_streams(store, chat, ann):
    begun = chat.streaming(ann)

    store.save_reply(ann, begun.id, "Good")
    store.save_reply(ann, begun.id, "Good day")

    kept = store.message(ann, begun.id)
    assert (kept.state, kept.text, kept.checkpoint) == ("streaming", "Good day", "bezel-demo@1")


@pytest.mark.parametrize(
    ("state", "reason"), [("complete", "end"), ("stopped", "stopped"), ("failed", "error")]
)
def test_a_reply_ends_with_what_was_shown_of_it(store, chat, ann, verdict, state, reason):
    begun = chat.streaming(ann)

    ended = store.end_reply(
        ann,
        begun.id,
        state=state,
        text="Good day",
        end_reason=reason,
        verdict=verdict(),
        generated="Good day to",
    )

    assert (ended.state, ended.text, ended.end_reason) == (state, "Good day", reason)
    assert ended.verdict["action"] == "allow"


def test_a_reply_that_has_ended_neither_grows_nor_ends_again(store, chat, ann):
    reply = chat.reply(ann, "Good day")

    with pytest.raises(IllegalMove, match="complete"):
        store.save_reply(ann, reply.id, "Good day and more")
    with pytest.raises(IllegalMove):
        store.end_reply(ann, reply.id, state="failed", text="", end_reason="error", verdict=None)

    assert store.message(ann, reply.id).text == "Good day"


def test_a_withheld_reply_keeps_no_text(store, chat, ann):
    withheld = chat.withheld(ann, shown="The first step")

    assert (withheld.state, withheld.text) == ("withheld", "")
    assert [said.text for said in store.path(ann, withheld.conversation_id)] == ["Good morning", ""]


@pytest.mark.sqlite
def test_the_text_of_a_withheld_reply_is_nowhere_in_the_file(store, chat, ann, database):
    chat.withheld(ann, shown="Qopalesce rising", generated="Qopalesce rising Zirconfall")
    store.close()

    written = b"".join(path.read_bytes() for path in database.parent.iterdir())

    assert b"Qopalesce" not in written
    assert b"Zirconfall" not in written


@pytest.mark.parametrize("state", ["complete", "stopped", "interrupted", "failed"])
def test_what_a_verdict_withholds_is_never_kept_as_shown(store, chat, ann, verdict, state):
    begun = chat.streaming(ann)

    ended = store.end_reply(
        ann, begun.id, state=state, text="bad", end_reason="end", verdict=verdict(Action.BLOCK)
    )

    assert (ended.state, ended.text) == ("withheld", "")


def test_a_reply_cut_off_is_kept_as_interrupted(store, opened, chat, ann):
    begun = chat.streaming(ann)
    store.save_reply(ann, begun.id, "Good")
    finished = chat.reply(ann)
    store.close()

    again = opened()

    assert (again.runs.beat(0), again.runs.beat(PATIENCE)) == (0, 1)
    assert (again.message(ann, begun.id).state, again.message(ann, begun.id).text) == ("interrupted", "Good")
    assert again.message(ann, finished.id).state == "complete"


def test_a_prompt_that_was_never_judged_stays_pending_after_a_restart(store, opened, ann):
    saved = store.save_prompt(ann, store.start_conversation(ann).id, "hello")
    store.close()

    again = opened()
    again.runs.beat(0)
    again.runs.beat(PATIENCE)

    assert again.message(ann, saved.id).state == "pending"


def test_settings_that_are_no_json_leave_nothing_half_written(store, chat, ann):
    prompt = chat.prompt(ann)

    with pytest.raises(StorageError):
        store.start_reply(ann, prompt.id, checkpoint="bezel-demo@1", settings={"stop": object()})

    assert store.path(ann, prompt.conversation_id) == (store.message(ann, prompt.id),)
