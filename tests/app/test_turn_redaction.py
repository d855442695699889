"""What is taken out of a prompt or a reply reaches nobody: model, page, title, store, evidence."""

from contextlib import aclosing
from itertools import chain

import pytest

from app.turn import Limits, TurnRefused, Turns
from model.fake import FakeModel
from model.types import GenerationSettings, ModelError
from safety.checks.banned import Banned
from safety.checks.identifiers import Identifiers
from safety.guard import Guard
from safety.policy import load_policy
from safety.types import Action

ANN = "ann"
CARD = "4111 1111 1111 1111"
DIGITS = "1111 1111"
MAIL = "bob.lee@mail.host.org"
SAMPLING = GenerationSettings()


@pytest.fixture
def guard():
    policy = load_policy().with_checks(("identifiers", "banned"))
    made = Guard([Identifiers(), Banned("zzz", clause="PUP-2.e.iii")], policy)
    yield made
    made.close()


@pytest.fixture
def files(tmp_path):
    """Everything that lies in the store's folder now, the log of changes included."""
    return lambda: b"".join(path.read_bytes() for path in tmp_path.glob("bezel.sqlite*"))


class Breaking(FakeModel):
    """Runs out of memory at the end of its reply."""

    async def stream(self, prompt, settings, *, conversation=None):
        async with aclosing(super().stream(prompt, settings, conversation=conversation)) as chunks:
            async for chunk in chunks:
                if chunk.ending:
                    raise ModelError("The model ran out of memory.")
                yield chunk


def turns_with(model, guard, store):
    return Turns(model, guard, store, Limits(16_000, SAMPLING, None))


async def run(turns, text, conversation=None):
    return [step async for step in turns.send(ANN, conversation, text)]


async def test_a_card_in_a_prompt_reaches_nobody(store, guard, files):
    model = FakeModel(["I see."])

    steps = await run(turns_with(model, guard, store), f"My card {CARD} is lost, what now?")

    done = steps[-1].prompt
    assert done.text == "My card «CARD NUMBER» is lost, what now?"
    assert [said.text for said in model.calls[0]] == [done.text]
    assert store.conversation(ANN, done.conversation_id).title == done.text
    assert DIGITS not in str(store.export_person(ANN))
    assert DIGITS not in str(store.path(ANN, done.conversation_id))
    assert store.search(ANN, "4111") == ()
    assert len(store.search(ANN, "lost")) == 1
    assert done.verdict["action"] == "redact"
    assert done.verdict["redactions"] == [{"start": 8, "end": 21, "kind": "card"}]
    assert store.desk.cases() == ()
    assert DIGITS.encode() not in files()


async def test_only_the_pending_row_has_the_original(store, guard):
    turns = turns_with(FakeModel(["I see."]), guard, store)

    texts = [(step.stage, step.prompt.text) async for step in turns.send(ANN, None, f"My card is {CARD}.")]

    assert texts[0] == ("saved", f"My card is {CARD}.")
    assert {text for _, text in texts[1:]} == {"My card is «CARD NUMBER»."}


async def test_the_evidence_of_a_blocked_prompt_is_redacted_and_its_marks_are_in_place(
    store, guard, files, mia
):
    steps = await run(turns_with(FakeModel(["unused"]), guard, store), f"card {CARD} please zzz")

    [summary] = store.desk.cases()
    case = store.desk.case(summary.id, mia.id)
    [flag] = [one for one in case.verdicts[0]["findings"] if one["check"] == "banned"]
    [(start, end)] = flag["spans"]
    subject = case.evidence[-1].text
    assert steps[-1].prompt.state == "blocked"
    assert subject == steps[-1].prompt.text == "card «CARD NUMBER» please zzz"
    assert subject[start:end] == "zzz"
    assert DIGITS.encode() not in files()


@pytest.mark.parametrize("size", [1, 5, 1_000])
async def test_an_address_in_a_reply_is_never_shown_nor_kept(store, guard, files, size):
    said = f"You can reach the man whom you mean at {MAIL}, as I remember it, on any day but Sunday. "
    reply = said * 3
    model = FakeModel([reply], chunk=size)

    steps = await run(turns_with(model, guard, store), "Who is it?")

    whole = reply.replace(MAIL, "«E-MAIL ADDRESS»")
    assert steps[-1].reply.text == whole
    assert all(whole.startswith(step.text) for step in steps)
    assert [one["kind"] for one in steps[-1].reply.verdict["redactions"]] == ["email"] * 3
    assert b"bob.lee" not in files()


async def test_the_model_reads_its_own_reply_redacted_and_forgets_how_it_was(store, guard):
    model = FakeModel([f"It is {MAIL}.", "Yes."])
    turns = turns_with(model, guard, store)
    first = await run(turns, "Who is it?")

    await run(turns, "Sure?", first[-1].prompt.conversation_id)

    assert model.forgotten == [first[-1].prompt.conversation_id]
    assert [said.text for said in model.calls[1]] == ["Who is it?", "It is «E-MAIL ADDRESS».", "Sure?"]


async def test_a_reply_may_repeat_what_the_person_wrote_turns_ago(store, guard):
    model = FakeModel(["Gladly.", f"Dear Bob, write to {MAIL} and not to other@mail.host.org."])
    turns = turns_with(model, guard, store)
    first = await run(turns, f"My address is {MAIL}.")

    second = await run(turns, "Write the letter.", first[-1].prompt.conversation_id)

    assert first[-1].prompt.text == f"My address is {MAIL}."
    assert second[-1].reply.text == f"Dear Bob, write to {MAIL} and not to «E-MAIL ADDRESS»."


async def test_the_evidence_of_a_withheld_reply_is_redacted(store, guard, files, mia):
    reply = (
        f"It is {MAIL} and he has {CARD}. " + "All is well today. " * 8 + "zzz and more of it to come. " * 9
    )
    model = FakeModel([reply], chunk=1)

    steps = await run(turns_with(model, guard, store), "Who is it?")

    case = store.desk.case(store.desk.cases()[0].id, mia.id)
    kept = "".join(chain.from_iterable(line.text for line in case.evidence)) + case.shown
    assert steps[-1].reply.state == "withheld"
    assert "«E-MAIL ADDRESS» and he has «CARD NUMBER»" in case.evidence[-1].text
    assert "zzz" in case.evidence[-1].text
    assert MAIL not in kept
    assert DIGITS not in kept
    assert b"bob.lee" not in files()


async def test_a_reply_that_breaks_keeps_nothing_of_an_address_that_was_coming(store, guard, files):
    model = Breaking(["It was a long and quiet day by the sea. " * 4 + "Ask bob.lee@mail.ho"])

    with pytest.raises(TurnRefused):
        await run(turns_with(model, guard, store), "Who is it?")

    assert b"bob.lee" not in files()


async def test_a_prompt_that_todays_policy_redacts_is_not_answered_again(store, guard):
    blind = Guard([Banned("zzz")], load_policy().with_checks(("banned",)))
    model = FakeModel(["Oh.", "unused"])
    first = await run(turns_with(model, blind, store), f"My card is {CARD}.")
    blind.close()

    with pytest.raises(TurnRefused, match="has to be taken out"):
        [step async for step in turns_with(model, guard, store).retry(ANN, first[-1].prompt.id)]

    assert len(model.calls) == 1


async def test_a_title_is_redacted_too(store, guard):
    conversation = store.start_conversation(ANN)

    refused = await turns_with(FakeModel(["unused"]), guard, store).rename(
        ANN, conversation.id, f"Card {CARD}"
    )

    assert refused is None
    assert store.conversation(ANN, conversation.id).title == "Card «CARD NUMBER»"


async def test_a_flagged_prompt_with_a_card_goes_on_redacted_and_opens_a_case(store, mia):
    policy = load_policy("research").with_checks(("identifiers", "banned"))
    guard = Guard([Identifiers(), Banned("zzz", clause="PUP-2.e.iii")], policy)
    model = FakeModel(["I see."])

    steps = await run(turns_with(model, guard, store), f"zzz {CARD}")
    guard.close()

    case = store.desk.case(store.desk.cases()[0].id, mia.id)
    assert steps[-1].prompt.verdict["action"] == Action.FLAG
    assert case.evidence[-1].text == "zzz «CARD NUMBER»"
    assert model.calls[0][-1].text == "zzz «CARD NUMBER»"
