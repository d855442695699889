from datetime import timedelta

import pytest

from app.admits import Seen, TurnRefused
from app.standing import require_standing
from app.wording.sanctions import suspended, suspended_nearby
from storage.columns import now
from storage.types import Filters

HOME, ELSEWHERE = Seen("203.0.113.7", "en"), Seen("203.0.113.8", "en")


@pytest.fixture
def suspend(store, guard, mia, noa, parts):
    """Mia proposes to suspend this person for a week, and Noa agrees."""

    async def done(owner):
        with pytest.raises(StopAsyncIteration):
            steps = parts.turns.send(owner, None, "zzz")
            while True:
                await anext(steps)
        case = store.desk.next_case(mia.id, Filters(states=("open",)))
        form = {"ruling": "misuse", "clause": "PUP-2.e.iii", "note": "", "public_note": "Please stop."}
        store.desk.decide(
            case.summary.id, mia.id, action="suspend", days=7, row_version=case.row_version, **form
        )
        waiting = store.desk.claim(case.summary.id, noa.id)
        store.desk.second(case.summary.id, noa.id, agrees=True, row_version=waiting.row_version)

    return done


async def test_who_is_suspended_may_not_write_until_it_ends_by_itself(
    store, ann, bob, suspend, parts, model, clock
):
    await suspend(ann)

    for ask in (
        parts.turns.send(ann, None, "Hello"),
        parts.turns.edit(ann, "any", "Hello"),
        parts.turns.retry(ann, "any"),
    ):
        with pytest.raises(TurnRefused, match="cannot write here until .* how to appeal"):
            await anext(ask)
    assert model.calls == []
    await require_standing(store, bob, "v1", HOME)
    clock.move(days=7)
    await require_standing(store, ann, "v1", HOME)


async def test_who_comes_back_with_another_cookie_from_the_same_network_is_stopped_for_a_day(
    store, ann, bob, suspend, clock
):
    await suspend(ann)
    await require_standing(store, bob, "v1", HOME)
    with pytest.raises(TurnRefused):
        await require_standing(store, ann, "v1", HOME)

    with pytest.raises(TurnRefused, match="from your network") as refused:
        await require_standing(store, bob, "v1", HOME)

    assert "appeal" not in str(refused.value)
    await require_standing(store, bob, "v1", ELSEWHERE)
    await require_standing(store, bob, "v1", Seen("", "en"))
    clock.move(hours=24, seconds=1)
    await require_standing(store, bob, "v1", HOME)


async def test_the_terms_come_first(store):
    with pytest.raises(TurnRefused, match="terms"):
        await require_standing(store, "nobody", "v1", HOME)
    await require_standing(store, "nobody", None, HOME)


@pytest.mark.parametrize("sentence", [suspended, suspended_nearby])
def test_each_language_says_until_when_in_its_own_words(sentence):
    until = now() + timedelta(days=7)

    said = [sentence(language, until) for language in ("en", "ko", "zh", "ja")]

    assert len(set(said)) == 4
    assert all(f"{until:%Y-%m-%d %H:%M} UTC" in one for one in said)
