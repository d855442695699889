"""The pages do no work for what a handler did not touch, and otherwise send what Gradio's own would send."""

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from app.pages.lean import Page


def pages(kind: type[gr.Blocks]) -> gr.Blocks:
    """A page with one listener per handler, all with the same outputs."""
    with kind(analytics_enabled=False) as page:
        text = gr.Textbox("before", elem_id="text")
        listed = gr.Radio(["a", "b"], elem_id="listed")
        row = gr.Row(elem_id="row")
        said = gr.Markdown("said", elem_id="said")
        chat = gr.Chatbot(elem_id="chat")
        kept = gr.State("")
    button = gr.Button(render=False)
    everything = [text, listed, row, said, chat, kept]
    handlers: dict[str, Any] = {
        "a value": lambda: {text: "after"},
        "looks": lambda: {row: gr.Row(visible=False), text: gr.Textbox(interactive=False)},
        "looks and text": lambda: {said: gr.Markdown("  other", visible=True)},
        "buttons": lambda: {text: gr.Textbox(value="", submit_btn=True, stop_btn=False)},
        "nothing chosen": lambda: {listed: gr.Radio(value=None, visible=False)},
        "choices": lambda: {listed: gr.Radio(choices=["c"], value="c")},
        "a chat": lambda: {chat: [{"role": "user", "content": "Hello"}]},
        "a state": lambda: {kept: "mine"},
        "several": lambda: {kept: "mine", text: "after", row: gr.Row(visible=True)},
        "a skip": gr.skip,
        "a list": lambda: ["after", "a", gr.skip(), "x", [], "mine"],
        "choose": lambda chosen: {text: str(chosen)},
    }
    with page:
        button.render()
        for name, handler in handlers.items():
            inputs = [listed] if name == "choose" else None
            button.click(handler, inputs, everything, api_name=name)
    return page


def fired(page: gr.Blocks, name: str, state: SessionState, given: list[Any]) -> list[Any]:
    """What the browser is sent when this listener is fired."""
    listener = next(one for one in page.fns.values() if one.api_name == name)
    answer = asyncio.run(page.process_api(listener, given, state=state))
    sent: list[Any] = answer["data"]
    return sent


def by_name(page: gr.Blocks, elem_id: str) -> Any:
    return next(block for block in page.blocks.values() if block.elem_id == elem_id)


@pytest.mark.parametrize(
    "name",
    [
        "a value",
        "looks",
        "looks and text",
        "buttons",
        "nothing chosen",
        "choices",
        "a chat",
        "a state",
        "several",
        "a skip",
        "a list",
    ],
)
def test_a_browser_is_sent_what_gradios_own_pages_would_send(name):
    lean, own = pages(Page), pages(gr.Blocks)

    assert fired(lean, name, SessionState(lean), []) == fired(own, name, SessionState(own), [])


def test_components_that_a_handler_does_not_name_are_not_built_anew():
    page = pages(Page)
    state = SessionState(page)
    before = dict(state.blocks_config.blocks)

    fired(page, "a value", state, [])
    fired(page, "looks", state, [])

    assert state.blocks_config.blocks == before


def test_the_next_event_is_checked_against_the_choices_that_a_handler_gave():
    page = pages(Page)
    state = SessionState(page)
    with pytest.raises(gr.Error):
        fired(page, "choose", state, ["c"])

    fired(page, "choices", state, [])

    assert fired(page, "choose", state, ["c"])[0] == "c"
    with pytest.raises(gr.Error):
        fired(page, "choose", state, ["a"])


def test_what_one_visit_is_given_no_other_sees():
    page = pages(Page)
    mine, theirs = SessionState(page), SessionState(page)

    fired(page, "choices", mine, [])
    fired(page, "a state", mine, [])

    with pytest.raises(gr.Error):
        fired(page, "choose", theirs, ["c"])
    assert by_name(page, "listed").choices == [("a", "a"), ("b", "b")]
    assert [value for _, value, _ in theirs.state_components] == []


def test_no_description_of_the_page_is_kept_for_a_visit():
    page = pages(Page)
    state = SessionState(page)

    fired(page, "several", state, [])

    assert not any(state.config_values.values())
    assert page.get_config_file()["components"]


def test_a_handler_that_names_what_it_does_not_put_out_fails_as_it_does_in_gradio():
    with Page(analytics_enabled=False) as page:
        text, other, button = gr.Textbox(), gr.Textbox(), gr.Button()
        button.click(lambda: {other: "x"}, None, [text], api_name="wrong")

    with pytest.raises(ValueError, match="not specified as output"):
        fired(page, "wrong", SessionState(page), [])
