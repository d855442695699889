import inspect

import pytest
from sqlalchemy import MetaData, create_engine

from safety.types import Action
from storage.store import Store
from storage.titles import JudgedTitle
from storage.types import NotFound

PUBLIC = {
    name: inspect.signature(method)
    for name, method in inspect.getmembers(Store, inspect.isfunction)
    if not name.startswith("_")
}
ABOUT_A_ROW = sorted(
    name
    for name, signature in PUBLIC.items()
    if "owner" in signature.parameters and any(param.endswith("_id") for param in signature.parameters)
)
ABOUT_A_PERSON = sorted(
    name for name, signature in PUBLIC.items() if "owner" in signature.parameters and name not in ABOUT_A_ROW
)


def everything_in(url):
    """All rows of all tables but the audit log, to compare."""
    engine, found = create_engine(url), MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        rows = {
            name: sorted(map(repr, connection.execute(table.select())))
            for name, table in found.tables.items()
            if name not in ("audit_event", "person")
        }
    engine.dispose()
    return rows


@pytest.fixture
def of_ann(store, chat, ann, verdict):
    """Rows of Ann's in every state, and an argument for each parameter that the Store's methods have."""
    reply = chat.reply(ann, "Anns secret reply", action=Action.FLAG)
    store.report(ann, reply.id, reason="other", note="Anns secret note")
    chat.prompt(ann, "Anns blocked prompt", action=Action.BLOCK)
    streaming = chat.streaming(ann, "Anns secret prompt")
    pending = store.save_prompt(ann, reply.conversation_id, "Anns pending prompt")
    store.rename_conversation(ann, reply.conversation_id, "Anns title")
    return {
        "conversation_id": reply.conversation_id,
        "prompt_id": streaming.parent_id,
        "message_id": {
            "record_prompt": pending.id,
            "save_reply": streaming.id,
            "end_reply": streaming.id,
            None: reply.id,
        },
        "title": "mine now",
        "given": JudgedTitle("mine now", verdict(Action.BLOCK), 1),
        "text": "mine now",
        "passed": "mine now",
        "verdict": verdict(),
        "checkpoint": "bezel-demo@1",
        "settings": {},
        "state": "complete",
        "end_reason": "end",
        "reason": "other",
        "note": "",
    }


def arguments(method, values):
    chosen = {}
    for name, parameter in list(PUBLIC[method].parameters.items())[2:]:
        if parameter.default is inspect.Parameter.empty:
            value = values[name]
            chosen[name] = value.get(method, value[None]) if name == "message_id" else value
    return chosen


def test_the_methods_that_ask_for_a_row_of_a_person_are_all_tried():
    assert len(ABOUT_A_ROW) >= 12
    assert {"path", "message", "save_prompt", "report", "delete_conversation"} <= set(ABOUT_A_ROW)


@pytest.mark.parametrize("method", ABOUT_A_ROW)
def test_somebody_elses_row_is_no_row(store, of_ann, bob, url, method):
    store.start_conversation(bob)
    before = everything_in(url)

    with pytest.raises(NotFound) as theirs:
        getattr(store, method)(bob, **arguments(method, of_ann))

    assert "secret" not in str(theirs.value)
    assert everything_in(url) == before


@pytest.mark.parametrize("method", ABOUT_A_ROW)
def test_the_owner_gets_what_another_is_refused(store, of_ann, ann, method):
    getattr(store, method)(ann, **arguments(method, of_ann))


@pytest.mark.parametrize("method", ABOUT_A_ROW)
def test_somebody_elses_id_and_no_id_get_the_same_answer(store, of_ann, bob, method):
    values = arguments(method, of_ann)
    ids = {name: "0" * 36 for name in values if name.endswith("_id")}

    with pytest.raises(NotFound) as theirs:
        getattr(store, method)(bob, **values)
    with pytest.raises(NotFound) as nobodys:
        getattr(store, method)(bob, **{**values, **ids})

    said = str(theirs.value)
    for name in ids:
        said = said.replace(values[name], ids[name])
    assert said == str(nobodys.value)


@pytest.mark.parametrize("optional", ["parent_id", "instead_of"])
def test_a_prompt_cannot_hang_on_somebody_elses_message(store, chat, ann, bob, optional):
    theirs, mine = chat.reply(ann), store.start_conversation(bob)

    with pytest.raises(NotFound):
        store.save_prompt(bob, mine.id, "hello", **{optional: theirs.id})


@pytest.mark.parametrize(
    "method", [name for name in ABOUT_A_PERSON if name.startswith(("conv", "rep", "not", "terms", "export"))]
)
def test_what_is_asked_about_a_person_tells_nothing_of_another(store, of_ann, bob, method):
    answer = repr(getattr(store, method)(bob))

    assert "Anns" not in answer
    assert of_ann["conversation_id"] not in answer


def test_erasing_one_person_leaves_the_other_as_they_were(store, of_ann, ann, bob):
    before = store.export_person(ann)

    store.erase_person(bob)

    after = store.export_person(ann)
    assert {**before, "exported_at": None} == {**after, "exported_at": None}
