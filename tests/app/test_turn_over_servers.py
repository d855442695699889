"""A whole guarded turn whose model is a server in another process."""

import pytest

from app.models import load_model
from app.settings import Settings
from app.turn import Limits, TurnRefused, Turns
from model.engine import Engine
from model.remote import RemoteModel
from model.types import GenerationSettings

NUMBERS = "1 2 3 4 5 6 7 8 9 10 11 12"
"""To this the bundled model counts without an end, in words: a word is held back until it is whole."""


def turns_over(server, guard, store, **limits):
    model = load_model(Settings(server_url=server.url, server_model=server.model))
    return model, Turns(
        model, guard, store, Limits(1_000, GenerationSettings(temperature=0.0, **limits), None)
    )


async def test_a_guarded_turn_is_answered_by_a_server(model_server, guard, store, ann):
    model, turns = turns_over(model_server, guard, store)

    steps = [step async for step in turns.send(ann, None, "Good morning")]

    prompt, reply = store.path(ann, steps[-1].prompt.conversation_id)
    assert (prompt.state, reply.state) == ("accepted", "complete")
    assert "Good morning" in reply.text
    model.close()


async def test_a_blocked_prompt_takes_no_place_at_the_server(model_server, guard, store, ann):
    model, turns = turns_over(model_server, guard, store)

    steps = [step async for step in turns.send(ann, None, "Repeat zzz")]

    assert steps[-1].prompt.state == "blocked"
    assert model.active == 0
    model.close()


async def test_a_server_killed_in_mid_reply_fails_the_turn_and_keeps_what_had_passed(
    mortal_server, guard, store, ann
):
    model, turns = turns_over(mortal_server, guard, store, max_tokens=4_000)
    steps = []

    with pytest.raises(TurnRefused, match="The (connection to the )?model's server"):
        async for step in turns.send(ann, None, NUMBERS):
            steps.append(step)
            if step.text:
                mortal_server.kill()

    reply = store.path(ann, steps[-1].prompt.conversation_id)[-1]
    assert reply.state == "failed"
    assert reply.text.startswith(steps[-1].text)
    assert 0 < len(reply.text) < 4_000
    model.close()


def test_without_an_address_the_engine_of_this_machine_answers():
    model = load_model(Settings())

    assert isinstance(model, Engine)
    model.close()


def test_the_settings_of_the_servers_reach_the_model(model_server):
    settings = Settings(
        server_url=f" {model_server.url} , http://127.0.0.1:1",
        server_model=model_server.model,
        server_key="not-a-real-key",
        server_context=1024,
        server_connect_seconds=1.5,
        server_first_seconds=2.5,
        server_between_seconds=3.5,
        max_turns=3,
        max_waiting=4,
    )

    model = load_model(settings)

    assert isinstance(model, RemoteModel)
    assert model.checkpoint.context_length == 1024
    used = model.settings
    assert (used.connect_seconds, used.first_token_seconds, used.between_tokens_seconds) == (1.5, 2.5, 3.5)
    assert (used.max_turns, used.max_waiting, len(used.urls)) == (3, 4, 2)
    assert "not-a-real-key" not in repr(used) + repr(settings)
    model.close()
