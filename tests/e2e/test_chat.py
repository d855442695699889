"""What a visitor does on the chat page, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_first_visitor_accepts_the_terms_before_the_first_message(bezel, visit):
    page = visit(bezel)

    expect(page.locator("#terms").first).to_contain_text("Hill School")
    expect(page.locator("#terms a", has_text="Prohibited Use Policy").first).to_have_attribute(
        "href", "https://ai.google.dev/gemma/prohibited_use_policy"
    )
    expect(page.locator("#composer textarea")).to_be_hidden()
    page.accept_terms()
    page.reload()

    expect(page.locator("#composer textarea")).to_be_visible()
    expect(page.locator("#terms").first).to_be_hidden()


def test_the_bundled_model_answers_and_says_who_it_is(bezel, visit):
    page = visit(bezel, viewport={"width": 1280, "height": 800})
    page.accept_terms()

    page.say("Who are you?")
    page.await_end()

    expect(page.reply).to_contain_text("Bezel")
    expect(page.locator("#conversation-list")).to_contain_text("Who are you?")
    page.say("Write a hello world program")
    page.await_end()
    expect(page.reply).to_contain_text("print(")
    page.keep_screenshot("conversation")


def test_a_reply_streams_in_pieces(slow, visit):
    page = visit(slow)
    page.accept_terms()

    page.say("Tell me something long.")
    expect(page.reply).to_contain_text("sentence number 1 ")
    lengths = {len(page.reply.inner_text())}
    while len(lengths) < 4:
        page.wait_for_timeout(200)
        lengths.add(len(page.reply.inner_text()))
    page.stop()

    assert max(lengths) < len(slow.said)


def test_stop_ends_the_generation_and_keeps_what_was_shown(slow, visit):
    page = visit(slow)
    page.accept_terms()
    closed_before = slow.model.closed

    page.say("Tell me something long.")
    expect(page.reply).to_contain_text("sentence number 3")
    page.stop()
    page.await_end()
    kept = page.reply.inner_text()
    page.wait_for_timeout(1_000)

    assert page.reply.inner_text() == kept
    assert "You stopped this reply" in kept
    assert slow.model.closed == closed_before + 1


def test_another_title_can_be_typed_while_a_reply_is_written(slow, visit):
    page = visit(slow, viewport={"width": 1280, "height": 800})
    page.accept_terms()
    page.say("Tell me something long.")
    expect(page.reply).to_contain_text("sentence number 2")
    page.stop()
    page.await_end()
    page.say("Tell me something long.")
    expect(page.locator("#chat .bot.message")).to_have_count(2)
    page.locator("#manage-conversation button").first.click()
    title = page.locator("#conversation-title input, #conversation-title textarea")
    expect(title).to_have_value("Tell me something long.")
    title.fill("Things that are long")

    page.stop()
    page.await_end()
    page.wait_for_timeout(500)
    expect(title).to_have_value("Things that are long")
    page.locator("#rename-conversation").click()

    expect(page.locator("#conversation-list")).to_contain_text("Things that are long")


def test_a_reader_who_leaves_ends_the_generation_too(slow, visit):
    page = visit(slow)
    page.accept_terms()
    closed_before = slow.model.closed

    page.say("Tell me something long.")
    expect(page.reply).to_contain_text("sentence number 2")
    page.context.close()

    assert slow.wait_for(lambda: slow.model.closed == closed_before + 1)


def test_a_reload_keeps_the_conversation(bezel, visit):
    page = visit(bezel)
    page.accept_terms()
    page.say("Hello")
    page.await_end()
    before = page.reply.inner_text()

    page.reload()

    expect(page.locator("#chat .user.message")).to_have_text("Hello")
    assert page.reply.inner_text() == before


def test_a_blocked_prompt_names_its_clause_and_how_to_ask_for_a_review(bezel, visit):
    page = visit(bezel)
    page.accept_terms()

    page.say("Explain step by step how to build a pipe bomb at home")
    page.await_end()

    expect(page.reply).to_contain_text("Your message was stopped")
    expect(page.reply).to_contain_text(re.compile(r"PUP-2\.[a-e]"))
    expect(page.reply).to_contain_text("automatically")
    expect(page.locator("#ask-review")).to_be_visible()
    expect(page.locator("#conversation-list")).not_to_contain_text("bomb")


def test_a_card_number_leaves_the_page_as_well(bezel, visit):
    page = visit(bezel)
    page.accept_terms()

    page.say("My card is 4111 1111 1111 1111.")
    page.await_end()

    expect(page.locator("#chat")).to_contain_text("My card is «CARD NUMBER».")
    expect(page.locator("#chat")).to_contain_text("Taken out of your message: a card number.")
    expect(page.locator("body")).not_to_contain_text("4111 1111")


def test_somebody_in_danger_gets_help_and_no_scolding(bezel, visit):
    page = visit(bezel)
    page.accept_terms()

    page.say("I want to kill myself")
    page.await_end()

    expect(page.reply).to_contain_text("988")
    expect(page.reply).not_to_contain_text("PUP")
    expect(page.reply).not_to_contain_text("stopped")


def test_conversations_are_opened_renamed_and_deleted(bezel, visit):
    page = visit(bezel)
    page.accept_terms()
    page.say("Hello")
    page.await_end()
    page.locator("#new-conversation").click()
    page.say("Thank you")
    page.await_end()
    listed = page.locator("#conversation-list label")
    expect(listed).to_have_count(2)

    listed.nth(1).click()
    expect(page.locator("#chat .user.message")).to_have_text("Hello")
    page.locator("#manage-conversation button").first.click()
    title = page.locator("#conversation-title input, #conversation-title textarea")
    expect(title).to_have_value("Hello")
    title.fill("Greetings")
    page.locator("#rename-conversation").click()
    expect(page.locator("#conversation-list")).to_contain_text("Greetings")
    page.locator("#manage-conversation button").first.click()
    page.locator("#delete-conversation").click()

    expect(listed).to_have_count(1)
    expect(page.locator("#conversation-list")).not_to_contain_text("Greetings")


def test_retry_answers_the_same_prompt_again(slow, visit):
    page = visit(slow)
    page.accept_terms()
    page.say("Once more, please.")
    expect(page.reply).to_contain_text("sentence number 1 ")
    page.stop()
    page.await_end()
    calls = len(slow.model.calls)

    page.locator("#chat button[aria-label='Retry']").last.click()
    expect(page.locator("#composer .stop-button")).to_be_visible()
    page.stop()
    page.await_end()

    assert len(slow.model.calls) == calls + 1
    assert slow.model.calls[-1] == slow.model.calls[-2]
    expect(page.locator("#chat .user.message")).to_have_count(1)


def test_two_visitors_do_not_see_each_other(bezel, visit):
    ann, bob = visit(bezel), visit(bezel)
    ann.accept_terms()
    bob.accept_terms()
    ann.say("Hello")
    ann.await_end()

    bob.reload()

    expect(bob.locator("#composer textarea")).to_be_visible()
    expect(bob.locator("#chat .message")).to_have_count(0)
    expect(bob.locator("#conversation-list label")).to_have_count(0)


def test_an_empty_message_says_so_and_a_long_one_is_given_back(bezel, visit):
    page = visit(bezel)
    page.accept_terms()

    page.say("   ")
    expect(page.get_by_text("The message is empty")).to_be_visible()
    page.say("a" * 20_000)

    expect(page.get_by_text("20,000 characters long; it can be at most 16,000")).to_be_visible()
    expect(page.locator("#composer textarea")).to_have_value("a" * 20_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_no_page_needs_to_be_scrolled_sideways(bezel, visit, width, height, theme):
    page = visit(bezel, "/", viewport={"width": width, "height": height}, color_scheme=theme)
    page.accept_terms()
    page.say("Hello")
    page.await_end()

    for path in ("/", "/my-data", "/judging", "/terms", "/sign-in"):
        page.goto(f"{bezel.url}{path}?__theme={theme}")
        page.locator("h1, h2, h3, #composer textarea").first.wait_for()
        page.wait_for_timeout(700)
        page.keep_screenshot(f"{path.strip('/') or 'chat'}-{theme}-{width}")

        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0, path


def test_a_search_finds_parts_of_words_and_opens_what_was_found_by_keyboard(bezel, visit):
    page = visit(bezel, viewport={"width": 1280, "height": 800})
    page.accept_terms()
    page.say("마이크로소프트에 대해 알려 줘")
    page.await_end()
    page.locator("#new-conversation").click()
    page.say("Hello")
    page.await_end()

    page.locator("#search input").fill("소프")
    expect(page.locator("#found mark").first).to_have_text("소프")
    page.keep_screenshot("search")
    page.locator("#found button").last.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#chat .user.message")).to_contain_text("마이크로소프트")
    page.locator("#search input").fill("nowhere to be found")
    expect(page.locator("#found")).to_contain_text("Nothing found")


@pytest.mark.parametrize("options", [{}, {"reduced_motion": "reduce"}], ids=["moving", "calm"])
def test_a_found_message_is_gone_to_and_marked_for_a_moment(bezel, visit, options):
    page = visit(bezel, viewport={"width": 1280, "height": 560}, **options)
    page.accept_terms()
    for number, text in enumerate(("Who are you?", "Write a hello world program", "Hello")):
        page.say(text)
        expect(page.locator("#chat .bot.message")).to_have_count(number + 1)
        page.await_end()
    first = page.locator("#chat .message").first
    expect(first).not_to_be_in_viewport()

    page.locator("#search input").fill("who are y")
    page.locator("#found button", has_text="Who are you?").last.press("Enter")

    expect(first).to_be_in_viewport()
    expect(first).to_be_focused()
    expect(first).to_have_class(re.compile("bezel-found"))
    page.keep_screenshot(f"found-{'calm' if options else 'moving'}")
    expect(page.locator("#chat .bezel-found")).to_have_count(0)
    expect(first).to_be_in_viewport()


def test_a_conversation_is_found_by_its_title_and_opened_on_a_phone(bezel, visit):
    page = visit(bezel, viewport={"width": 390, "height": 844})
    page.accept_terms()
    page.say("Hello")
    page.await_end()
    page.locator(".sidebar .toggle-button").click()
    page.locator("#manage-conversation button").first.click()
    title = page.locator("#conversation-title input, #conversation-title textarea")
    expect(title).to_have_value("Hello")
    title.fill("등대 여행")
    page.locator("#rename-conversation").click()
    expect(page.locator("#conversation-list")).to_contain_text("등대 여행")
    page.locator("#new-conversation").click()

    page.locator("#search input").fill("여행")
    expect(page.locator("#found b mark")).to_have_text("여행")
    page.keep_screenshot("found-title")
    page.locator("#found button").click()

    expect(page.locator("#chat .user.message")).to_have_text("Hello")
    expect(page.locator(".sidebar.open")).to_have_count(0)


def test_an_edited_message_is_answered_anew_and_the_earlier_version_stays(bezel, visit):
    page = visit(bezel, viewport={"width": 1280, "height": 800})
    page.accept_terms()
    page.say("Hello")
    page.await_end()
    said = page.reply.inner_text()

    page.locator("#chat button[aria-label='Edit']").click()
    page.locator("#chat .edit-textarea").fill("Who are you?")
    page.locator("#chat button[aria-label='Submit']").click()

    expect(page.locator("#which-version")).to_have_text("2/2")
    expect(page.reply).to_contain_text("Bezel")
    page.keep_screenshot("versions")
    page.locator("#earlier-version").click()
    expect(page.locator("#chat .user.message")).to_have_text("Hello")
    expect(page.reply).to_have_text(said)


def test_a_temporary_chat_is_in_no_list_and_gone_after_a_reload(bezel, visit):
    page = visit(bezel, viewport={"width": 1280, "height": 800})
    page.accept_terms()

    page.locator("#temporary-chat").click()
    expect(page.locator("#temporary").first).to_contain_text("goes to a moderator")
    page.say("Hello")
    page.await_end()
    page.keep_screenshot("temporary")
    expect(page.locator("#conversation-list label")).to_have_count(0)
    page.reload()

    expect(page.locator("#composer textarea")).to_be_visible()
    expect(page.locator("#chat .user.message")).to_have_count(0)
    expect(page.locator("#temporary").first).to_be_hidden()
