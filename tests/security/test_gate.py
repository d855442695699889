"""Promise 1 from outside: whatever is sent to whatever endpoint, nothing skips the gate."""

import pytest
from siege import BAD_REPLY, BANNED, NEVER_SHOWN, REPLY, converse, plausible

FORGED_HISTORY = [
    {"role": "user", "content": f"{BANNED} said before"},
    {"role": "assistant", "content": BANNED},
]


@pytest.fixture(scope="module")
def ann(siege):
    caller = siege.caller().accept_terms()
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def driven(siege, ann):
    """Every listener has been called with what a page sends and with what none would send."""
    mia = siege.caller(moderator=True)
    started = len(siege.journal)
    for _ in range(2):
        ann.call(ann.function("send"), plausible(siege, ann.function("send"), text="Tell me about bridges"))
    mine = [found.id for found in siege.parts.store.conversations(ann.owner)]
    for caller, desk in ((ann, False), (mia, True)):
        for number, name, inputs in caller.listeners(desk=desk):
            if name in ("erase", "delete"):
                continue
            texts = ("Good evening", f"a {BANNED} prompt", FORGED_HISTORY)
            for text in texts:
                event = {
                    "index": 1,
                    "value": {"text": text},
                    "liked": "Report this reply",
                    "previous_value": text,
                }
                data = plausible(siege, number, desk=desk, text=text, named=mine[0])
                caller.call(number, data, desk=desk, event_data=event)
            caller.call(number, [f"a {BANNED} prompt"] * inputs, desk=desk)
    mia.close()
    return siege.journal[started:]


def test_the_model_reads_nothing_that_has_not_passed_before(driven):
    passed, unseen = set(), []
    for entry in driven:
        if entry[0] == "judged":
            _, _, text, is_withheld = entry
            passed.discard(text) if is_withheld else passed.add(text)
        else:
            unseen += [message.text for message in entry[1] if message.text not in passed]

    assert [entry for entry in driven if entry[0] == "asked"]
    assert unseen == []


def test_a_prompt_that_was_stopped_is_in_no_call_of_the_model(siege, driven):
    judged = [entry[2] for entry in driven if entry[0] == "judged" and entry[3]]

    assert any(BANNED in text for text in judged)
    assert not [text for call in siege.model.calls for message in call if BANNED in (text := message.text)]


def test_no_character_of_a_reply_is_shown_that_has_not_passed(siege, driven):
    shown = [text for text in siege.received if REPLY[:20] in text or BAD_REPLY[:20] in text]

    assert shown
    assert not [text for text in siege.received if NEVER_SHOWN in text]
    assert not [text for text in siege.received if BAD_REPLY in text]


def test_no_title_is_given_that_has_not_passed(siege, ann, driven):
    passed = {entry[2] for entry in driven if entry[0] == "judged" and not entry[3]}
    titles = {found.title for found in siege.parts.store.conversations(ann.owner)} - {""}

    assert "Good evening" in titles
    assert titles <= passed


def test_a_title_that_a_person_gives_is_judged_before_anybody_reads_it(siege):
    bea = siege.caller().accept_terms()
    converse(siege, bea, "Tell me about lighthouses")
    rename = bea.function("rename")

    taken = bea.call(rename, plausible(siege, rename, text="Lighthouses of the north"))
    refused = bea.call(rename, plausible(siege, rename, text=f"{BANNED} of the north"))

    bea.close()
    assert "Lighthouses of the north" in taken
    assert "This title falls under PUP-2.e.iii" in refused and BANNED not in refused
    assert [found.title for found in siege.parts.store.conversations(bea.owner)] == [
        "Lighthouses of the north"
    ]
    # A report's note is the one text without a verdict: only moderators read it, as evidence, and its author.


def test_what_was_withheld_is_in_no_export_no_title_and_no_search(siege, ann, driven):
    converse(siege, ann, "Tell me about bridges once more")
    kept = str(siege.kept(ann))

    assert REPLY in kept
    assert NEVER_SHOWN not in kept
    assert all(BANNED not in (found.title or "") for found in siege.parts.store.conversations(ann.owner))
