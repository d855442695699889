"""Promises 1 to 4 on the way of a turn: nothing skips the gate, closed on failure, stored, yours only."""

import asyncio
import threading
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from app.limits import Admission, Allowed
from app.turn import Limits, TurnRefused, Turns
from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import StartingModel
from model.types import Chunk, GenerationSettings, ModelBusy, ModelError
from safety.checks.banned import Banned
from safety.guard import Guard
from safety.policy import policy_for
from safety.types import CheckedText, Text
from storage.store import Store
from storage.types import NotFound

ANN, BOB = "ann", "bob"
SAMPLING = GenerationSettings()
LONG = "All is well and the sun is shining on the green hills. " * 12


class Queueing(FakeModel):
    """A FakeModel before which two others wait; the last place lasts until `wait` is set."""

    def __init__(self, replies, *, wait=None):
        super().__init__(replies)
        self.left = 0
        self._wait = wait

    async def stream(self, prompt, settings, *, conversation=None):
        try:
            for place in (2, 1):
                yield Chunk("", place=place)
            if self._wait is not None:
                await self._wait.wait()
        finally:
            self.left += 1
        async for chunk in super().stream(prompt, settings, conversation=conversation):
            yield chunk


class Broken:
    """A check that cannot judge one side of a conversation."""

    name = "broken"
    version = "1"

    def __init__(self, side):
        self._side = side

    def check(self, text: Text) -> CheckedText:
        if text.side == self._side:
            raise RuntimeError("this check is broken")
        return CheckedText()


@pytest.fixture
def guard():
    made = Guard([Banned("zzz", clause="PUP-2.e.iii")], policy_for("banned"))
    yield made
    made.close()


def turns_with(model, guard, store, *, longest=16_000, terms=None):
    return Turns(model, guard, store, Limits(longest, SAMPLING, terms))


async def run(turns, text, *, owner=ANN, conversation=None):
    return [step async for step in turns.send(owner, conversation, text)]


async def test_a_prompt_that_passes_is_answered_and_both_are_stored(store, guard):
    model = FakeModel(["Good morning to you."])

    steps = await run(turns_with(model, guard, store), "Good morning")

    path = store.path(ANN, steps[-1].prompt.conversation_id)
    assert [(message.role, message.state, message.text) for message in path] == [
        ("user", "accepted", "Good morning"),
        ("assistant", "complete", "Good morning to you."),
    ]


async def test_a_blocked_prompt_never_reaches_the_model(store, guard):
    model = FakeModel(["unused"])

    steps = await run(turns_with(model, guard, store), "please zzz")

    assert steps[-1].prompt.state == "blocked"
    assert steps[-1].prompt.verdict["findings"][0]["clause"] == "PUP-2.e.iii"
    assert model.calls == []
    assert [case.clause for case in store.desk.cases()] == ["PUP-2.e.iii"]


async def test_a_blocked_prompt_gives_the_conversation_no_title(store, guard):
    steps = await run(turns_with(FakeModel(["unused"]), guard, store), "please zzz")

    assert store.conversation(ANN, steps[-1].prompt.conversation_id).title == ""


async def test_a_title_that_passes_is_given_and_one_that_does_not_keeps_the_old_one(store, guard):
    turns = turns_with(FakeModel(["unused"]), guard, store)
    conversation_id = store.start_conversation(ANN, "Old").id

    refused = await turns.rename(ANN, conversation_id, "please zzz")
    kept = store.conversation(ANN, conversation_id).title
    given = await turns.rename(ANN, conversation_id, " Good\x00\nmorning ")

    assert (refused.clause, kept) == ("PUP-2.e.iii", "Old")
    assert (given, store.conversation(ANN, conversation_id).title) == (None, "Good morning")
    (case,) = store.desk.cases()
    assert (case.clause, case.severity) == ("PUP-2.e.iii", guard.clause("PUP-2.e.iii").severity)


async def test_a_title_counts_as_a_prompt_and_one_too_many_is_neither_judged_nor_given(store, guard):
    limits = Limits(16_000, SAMPLING, None)
    turns = Turns(
        FakeModel(["unused"]), guard, store, limits, admission=Admission(replace(Allowed(), prompts=1))
    )
    conversation_id = store.start_conversation(ANN, "Old").id
    await turns.rename(ANN, conversation_id, "Old")
    await turns.rename(ANN, conversation_id, "New")

    with pytest.raises(TurnRefused, match="many messages"):
        await turns.rename(ANN, conversation_id, "a zzz title")
    with pytest.raises(TurnRefused, match="many messages"):
        await run(turns, "Good morning")

    assert store.conversation(ANN, conversation_id).title == "New"
    assert store.desk.cases() == ()


async def test_who_has_not_accepted_the_terms_names_nothing(store, guard):
    conversation_id = store.start_conversation(ANN, "Old").id

    with pytest.raises(TurnRefused, match="accept the terms"):
        await turns_with(FakeModel(["unused"]), guard, store, terms="v1").rename(ANN, conversation_id, "New")

    assert store.conversation(ANN, conversation_id).title == "Old"


async def test_a_title_is_not_given_where_its_check_fails(store):
    guard = Guard([Broken("prompt")], policy_for("broken"))
    conversation_id = store.start_conversation(ANN, "Old").id

    refused = await turns_with(FakeModel(["unused"]), guard, store).rename(ANN, conversation_id, "New")

    guard.close()
    assert refused.failed
    assert store.conversation(ANN, conversation_id).title == "Old"


async def test_nobody_names_the_conversation_of_another(store, guard):
    conversation_id = store.start_conversation(BOB, "Bobs").id

    with pytest.raises(NotFound):
        await turns_with(FakeModel(["unused"]), guard, store).rename(ANN, conversation_id, "Mine")

    assert store.conversation(BOB, conversation_id).title == "Bobs"


async def test_a_check_that_raises_on_a_prompt_closes_the_gate(store):
    model = FakeModel(["unused"])
    guard = Guard([Broken("prompt")], policy_for("broken"))

    steps = await run(turns_with(model, guard, store), "Good morning")

    guard.close()
    assert steps[-1].prompt.state == "blocked"
    assert steps[-1].prompt.verdict["checks"] == {"broken": "error"}
    assert model.calls == []


async def test_a_check_that_raises_on_a_reply_withholds_all_of_it(store):
    guard = Guard([Broken("response")], policy_for("broken"))

    steps = await run(turns_with(FakeModel([LONG]), guard, store), "Good morning")

    guard.close()
    assert [step.text for step in steps if step.text] == []
    assert steps[-1].reply.state == "withheld"


async def test_a_reply_that_turns_bad_is_withdrawn_and_never_shown_whole(store, guard):
    steps = await run(turns_with(FakeModel([LONG + " and then zzz"]), guard, store), "Good morning")

    assert any(step.text for step in steps), "what came before had passed and was shown"
    assert not any("zzz" in step.text for step in steps)
    assert steps[-1].reply.state == "withheld"
    assert steps[-1].reply.text == ""
    assert [case.clause for case in store.desk.cases()] == ["PUP-2.e.iii"]


async def test_a_moderator_sees_what_was_withheld_and_how_much_of_it_had_been_shown(store, guard):
    steps = await run(turns_with(FakeModel([LONG + " and then zzz"]), guard, store), "Good morning")
    mia = store.moderators.add("mia", "hash")

    case = store.desk.next_case(mia.id)

    (subject,) = (line for line in case.evidence if line.is_subject)
    assert "zzz" in subject.text
    assert case.shown
    assert LONG.startswith(case.shown)
    assert all(case.shown.startswith(step.text) for step in steps)


async def test_a_withheld_reply_is_not_read_by_the_model_again(store, guard):
    model = FakeModel([LONG + " zzz", "Fine."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "Good morning")

    await run(turns, "And now?", conversation=first[-1].prompt.conversation_id)

    assert [message.text for message in model.calls[1]] == ["And now?"]


async def test_a_blocked_prompt_is_not_read_by_the_model_later(store, guard):
    model = FakeModel(["Hello.", "Fine."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "Good morning")
    conversation = first[-1].prompt.conversation_id
    await run(turns, "please zzz", conversation=conversation)

    await run(turns, "How are you?", conversation=conversation)

    assert [message.text for message in model.calls[1]] == ["Good morning", "Hello.", "How are you?"]


async def test_another_persons_conversation_answers_as_none_does(store, guard):
    turns = turns_with(FakeModel(["Hello."]), guard, store)
    first = await run(turns, "Good morning")
    conversation = first[-1].prompt.conversation_id

    with pytest.raises(NotFound):
        await run(turns, "Good evening", owner=BOB, conversation=conversation)
    with pytest.raises(NotFound):
        [step async for step in turns.retry(BOB, first[-1].prompt.id)]

    assert len(store.path(ANN, conversation)) == 2


async def test_stop_ends_the_generation_and_keeps_what_had_passed(store, guard):
    model = FakeModel([LONG], pace=0.005)
    turns = turns_with(model, guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            if step.text:
                assert turns.stop(ANN, step.prompt.conversation_id)
            last = step

    assert model.closed == 1
    assert last.reply.state == "stopped"
    assert LONG.startswith(last.reply.text)
    assert 0 < len(last.reply.text) < len(LONG)


async def test_nobody_else_can_stop_a_reply(store, guard):
    turns = turns_with(FakeModel([LONG], pace=0.002), guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            assert not turns.stop(BOB, step.prompt.conversation_id)
            last = step

    assert last.reply.state == "complete"


async def test_a_reply_whose_reader_left_is_kept_as_far_as_it_was_shown(store, guard):
    model = FakeModel([LONG], pace=0.002)
    turns = turns_with(model, guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            if step.text:
                break

    kept = store.path(ANN, step.prompt.conversation_id)[-1]
    assert (kept.state, kept.text) == ("interrupted", step.text)
    assert model.closed == 1
    assert not turns.is_live(step.prompt.conversation_id)


async def test_a_turn_that_is_cancelled_is_closed_too(store, guard):
    turns = turns_with(FakeModel([LONG], pace=0.01), guard, store)
    is_writing = asyncio.Event()

    async def read():
        async for step in turns.send(ANN, None, "Good morning"):
            if step.text:
                is_writing.set()

    task = asyncio.ensure_future(read())
    await is_writing.wait()

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    conversation = store.conversations(ANN)[0]
    assert store.path(ANN, conversation.id)[-1].state == "interrupted"
    assert not turns.is_live(conversation.id)


async def test_a_turn_cancelled_while_its_reply_begins_leaves_no_reply_open(tmp_path, guard):
    class SlowStore(Store):
        began = threading.Event()

        def start_reply(self, *args, **kwargs):
            reply = super().start_reply(*args, **kwargs)
            self.began.set()
            time.sleep(0.3)
            return reply

    url = f"sqlite:///{tmp_path / 'slow.sqlite'}"
    store = SlowStore.open(url, evidence_key=b"e" * 32, audit_key=b"a" * 32)
    task = asyncio.ensure_future(run(turns_with(FakeModel([LONG]), guard, store), "Good morning"))
    await asyncio.to_thread(store.began.wait)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert store.path(ANN, store.conversations(ANN)[0].id)[-1].state == "interrupted"
    store.close()


@pytest.mark.parametrize("text", ["", "   \n\t ", "\x00", "\x07"])
async def test_a_prompt_without_a_word_is_refused_and_nothing_is_stored(store, guard, text):
    with pytest.raises(TurnRefused, match="empty"):
        await run(turns_with(FakeModel(["unused"]), guard, store), text)

    assert store.conversations(ANN) == ()


async def test_a_megabyte_is_refused_with_both_numbers(store, guard):
    with pytest.raises(TurnRefused, match=r"1,000,000 characters long; it can be at most 16,000"):
        await run(turns_with(FakeModel(["unused"]), guard, store), "a" * 1_000_000)

    assert store.conversations(ANN) == ()


async def test_nul_and_lone_surrogates_are_taken_out_before_anything_reads_them(store, guard):
    model = FakeModel(["Hello."])

    steps = await run(turns_with(model, guard, store), "Good\x00 morn\ud800ing")

    assert store.message(ANN, steps[-1].prompt.id).text == "Good morn\ufffding"
    assert model.calls[0][0].text == "Good morn\ufffding"


async def test_nothing_is_sent_before_the_terms_are_accepted(store, guard):
    turns = turns_with(FakeModel(["Hello."]), guard, store, terms="v2")
    store.accept_terms(ANN, "v1")

    with pytest.raises(TurnRefused, match="terms"):
        await run(turns, "Good morning")
    store.accept_terms(ANN, "v2")
    steps = await run(turns, "Good morning")

    assert steps[-1].reply.state == "complete"


async def test_a_conversation_holds_one_turn_at_a_time(store, guard):
    turns = turns_with(FakeModel([LONG], pace=0.01), guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        first = await anext(steps)
        with pytest.raises(TurnRefused, match="still being written"):
            await run(turns, "And?", conversation=first.prompt.conversation_id)


async def test_a_retry_keeps_the_earlier_reply_as_a_version(store, guard):
    model = FakeModel(["One.", "Two."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "Good morning")

    again = [step async for step in turns.retry(ANN, first[-1].prompt.id)]

    assert again[-1].reply.text == "Two."
    assert again[-1].reply.versions == (first[-1].reply.id, again[-1].reply.id)
    assert model.calls[0] == model.calls[1]


async def test_a_retry_is_judged_again(store, guard):
    model = FakeModel(["One."])
    first = await run(turns_with(model, guard, store), "Good morning")
    stricter = Guard([Banned("morning", clause="PUP-2.e.iii")], policy_for("banned"))

    with pytest.raises(TurnRefused, match="does not pass"):
        [step async for step in turns_with(model, stricter, store).retry(ANN, first[-1].prompt.id)]

    stricter.close()
    assert len(model.calls) == 1


async def test_an_edited_prompt_is_answered_from_what_stood_before_it(store, guard):
    model = FakeModel(["One.", "Two.", "Three."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "First")
    conversation = first[-1].prompt.conversation_id
    second = await run(turns, "Second", conversation=conversation)

    steps = [step async for step in turns.edit(ANN, second[-1].prompt.id, "Another second")]

    assert [said.text for said in store.path(ANN, conversation)] == [
        "First",
        "One.",
        "Another second",
        "Three.",
    ]
    assert [said.text for said in model.calls[-1]] == ["First", "One.", "Another second"]
    assert steps[0].prompt.versions == (second[-1].prompt.id, steps[0].prompt.id)


async def test_an_edit_without_a_word_or_of_anothers_prompt_saves_nothing(store, guard):
    turns = turns_with(FakeModel(["One."]), guard, store)
    prompt = (await run(turns, "First"))[-1].prompt

    for owner, text, refusal in ((ANN, " ", TurnRefused), (BOB, "Mine now", NotFound)):
        with pytest.raises(refusal):
            async for _ in turns.edit(owner, prompt.id, text):
                pass

    assert store.message_count(ANN, prompt.conversation_id) == 2


async def test_no_version_is_chosen_and_no_prompt_edited_while_a_reply_is_written(store, guard):
    turns = turns_with(FakeModel([LONG]), guard, store)

    async with aclosing(turns.send(ANN, None, "First")) as steps:
        prompt = (await anext(steps)).prompt
        with pytest.raises(TurnRefused, match="still being written"):
            await turns.choose(ANN, prompt.id)
        with pytest.raises(TurnRefused, match="still being written"):
            async for _ in turns.edit(ANN, prompt.id, "Another"):
                pass
        with pytest.raises(TurnRefused, match="still being written"):
            await turns.delete_all(ANN)

    assert store.message_count(ANN, prompt.conversation_id) == 1


async def test_a_blocked_prompt_cannot_be_sent_again_before_somebody_lets_it_pass(store, guard):
    turns = turns_with(FakeModel(["Hello."]), guard, store)
    first = await run(turns, "please zzz")

    with pytest.raises(TurnRefused, match="stopped"):
        [step async for step in turns.retry(ANN, first[-1].prompt.id)]


async def test_a_prompt_that_a_moderator_restored_can_be_answered(store, guard):
    model = FakeModel(["Hello."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "please zzz")
    mia = store.moderators.add("mia", "hash")
    case = store.desk.next_case(mia.id)
    store.desk.decide(
        case.summary.id,
        mia.id,
        ruling="no_violation",
        clause=None,
        note="",
        public_note="",
        row_version=case.row_version,
    )

    again = [step async for step in turns.retry(ANN, first[-1].prompt.id)]

    assert again[-1].reply.text == "Hello."
    assert model.calls[0][-1].text == "please zzz"


async def test_a_model_error_ends_the_turn_with_its_sentence_and_keeps_the_prompt(store, guard):
    turns = turns_with(FakeModel([ModelError("The model ran out of memory.")]), guard, store)

    with pytest.raises(TurnRefused, match="out of memory"):
        await run(turns, "Good morning")

    path = store.path(ANN, store.conversations(ANN)[0].id)
    assert [message.state for message in path] == ["accepted"]


async def test_a_model_error_in_mid_reply_keeps_what_had_passed(store, guard):
    class Faulty(FakeModel):
        async def stream(self, prompt, settings, *, conversation=None):
            async for chunk in super().stream(prompt, settings, conversation=conversation):
                if chunk.ending is not None:
                    raise ModelError("The model ran out of memory.")
                yield chunk

    turns = turns_with(Faulty([LONG]), guard, store)

    with pytest.raises(TurnRefused, match="out of memory"):
        await run(turns, "Good morning")

    prompt, reply = store.path(ANN, store.conversations(ANN)[0].id)
    assert (prompt.state, reply.state) == ("accepted", "failed")
    assert reply.text and LONG.startswith(reply.text)


async def test_a_busy_model_leaves_the_prompt_to_be_answered_later(store, guard):
    model = FakeModel([ModelBusy("The model is busy; try again in a moment."), "Hello."])
    turns = turns_with(model, guard, store)

    with pytest.raises(TurnRefused, match="busy"):
        await run(turns, "Good morning")
    (prompt,) = store.path(ANN, store.conversations(ANN)[0].id)
    again = [step async for step in turns.retry(ANN, prompt.id)]

    assert again[-1].reply.text == "Hello."


async def test_a_turn_that_waits_says_its_place_in_line_and_is_then_answered(store, guard):
    model = Queueing(["Hello."])

    steps = await run(turns_with(model, guard, store), "Good morning")

    assert [step.place for step in steps if step.place] == [2, 1]
    assert [step.stage for step in steps] == ["saved", "accepted", "writing", "writing", "writing", "done"]
    assert steps[-1].reply.text == "Hello."


async def test_a_turn_stopped_in_line_frees_its_place(store, guard):
    model = Queueing(["Hello."], wait=asyncio.Event())
    turns = turns_with(model, guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            if step.place == 1:
                assert turns.stop(ANN, step.prompt.conversation_id)
            last = step

    assert last.reply.state == "stopped"
    assert model.left == 1
    assert model.calls == []


async def test_a_turn_whose_reader_leaves_the_line_frees_its_place(store, guard):
    model = Queueing(["Hello."], wait=asyncio.Event())
    turns = turns_with(model, guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            if step.place == 1:
                break

    assert model.left == 1
    assert not turns.is_live(step.prompt.conversation_id)
    assert [message.state for message in store.path(ANN, step.prompt.conversation_id)] == ["accepted"]


async def test_a_reply_names_the_checkpoint_that_gave_it_though_it_loaded_meanwhile(store, guard):
    may_load = threading.Event()
    real = FakeModel(["Hello."], checkpoint=replace(FAKE, revision="abc123"))

    def load(report):
        report(Progress("reading"))
        may_load.wait(20)
        return real

    model = StartingModel(load, replace(FAKE, revision="main"))
    model.begin()

    async with aclosing(turns_with(model, guard, store).send(ANN, None, "Good morning")) as steps:
        async for step in steps:
            may_load.set()

    assert step.reply.checkpoint == "fake@abc123"


async def test_a_turn_is_sampled_as_its_person_chose_and_the_reply_says_how(store, guard):
    model = FakeModel(["Hello."])
    chosen = GenerationSettings(temperature=0.0, seed=7, max_tokens=20)
    turns = turns_with(model, guard, store)

    steps = [step async for step in turns.send(ANN, None, "Good morning", sampling=chosen)]
    [step async for step in turns.retry(ANN, steps[-1].prompt.id)]

    assert model.settings == [chosen, SAMPLING]


async def test_a_reply_longer_than_the_host_allows_is_refused_before_anything_is_stored(store, guard):
    model = FakeModel(["Hello."])
    longer = replace(SAMPLING, max_tokens=SAMPLING.max_tokens + 1)

    with pytest.raises(TurnRefused, match="513 tokens; it can be at most 512"):
        [step async for step in turns_with(model, guard, store).send(ANN, None, "Hi", sampling=longer)]

    assert store.conversations(ANN) == ()
    assert model.calls == []


async def test_the_end_of_a_turn_says_how_many_messages_the_model_was_handed(store, guard):
    turns = turns_with(FakeModel(["Hello."]), guard, store)
    first = await run(turns, "Good morning")

    second = await run(turns, "And now?", conversation=first[-1].prompt.conversation_id)

    assert (first[-1].messages, second[-1].messages) == (1, 3)
    assert second[-1].ending.remembered == 3


async def test_the_model_hears_which_conversation_a_turn_belongs_to(store, guard):
    model = FakeModel(["Hello."])

    steps = await run(turns_with(model, guard, store), "Good morning")

    assert model.conversations == [steps[-1].prompt.conversation_id]
    assert model.forgotten == []


async def test_a_withheld_reply_is_forgotten_by_the_model_once_its_stream_is_closed(store, guard):
    class Watchful(FakeModel):
        def forget(self, conversation):
            super().forget(conversation)
            self.closed_before = self.closed

    model = Watchful([LONG + "zzz " + LONG])

    steps = await run(turns_with(model, guard, store), "Good morning")

    assert steps[-1].reply.state == "withheld"
    assert model.forgotten == [steps[-1].prompt.conversation_id]
    assert model.closed_before == 1


async def test_a_deleted_conversation_is_forgotten_by_the_model(store, guard):
    model = FakeModel(["Hello."])
    turns = turns_with(model, guard, store)
    steps = await run(turns, "Good morning")
    conversation = steps[-1].prompt.conversation_id

    with pytest.raises(NotFound):
        await turns.delete(BOB, conversation)
    assert model.forgotten == []
    await turns.delete(ANN, conversation)

    assert model.forgotten == [conversation]
    assert store.conversations(ANN) == ()


async def test_a_conversation_is_not_deleted_while_a_reply_is_written_in_it(store, guard):
    turns = turns_with(FakeModel([LONG], pace=0.01), guard, store)

    async with aclosing(turns.send(ANN, None, "Good morning")) as steps:
        first = await anext(steps)
        with pytest.raises(TurnRefused, match="still being written"):
            await turns.delete(ANN, first.prompt.conversation_id)

    assert len(store.conversations(ANN)) == 1


async def test_erasing_a_person_ends_their_replies_and_the_model_forgets_all_of_theirs_alone(store, guard):
    model = FakeModel(["Hello.", "Hello.", LONG], pace=0.005)
    turns = turns_with(model, guard, store)
    hers = (await run(turns, "Good morning"))[-1].prompt.conversation_id
    his = (await run(turns, "Good morning", owner=BOB))[-1].prompt.conversation_id
    live = None

    with pytest.raises(NotFound):
        async with aclosing(turns.send(ANN, None, "Good evening")) as steps:
            async for step in steps:
                live = step.prompt.conversation_id
                if step.text and store.conversations(ANN):
                    await turns.erase(ANN)

    assert model.closed == 1
    assert model.forgotten.count(hers) == 1
    assert model.forgotten.count(live) == 2, "at once, and again when the reply had ended"
    assert his not in model.forgotten
    assert store.conversations(ANN) == ()


async def test_an_unsupported_language_is_flagged_and_goes_on(store):
    class OnlyEnglish:
        name = "narrow"
        version = "1"

        def check(self, text):
            return CheckedText(not_checked="the language is not supported")

    guard = Guard([OnlyEnglish()], policy_for("narrow"))

    steps = await run(turns_with(FakeModel(["Habari."]), guard, store), "Habari ya asubuhi")

    guard.close()
    assert steps[-1].prompt.state == "accepted"
    assert steps[-1].prompt.verdict["checks"] == {"narrow": "not_checked"}
    assert steps[-1].prompt.verdict["action"] == "flag"
    assert store.desk.waiting() >= 1
