"""From a report to the outcome: reporter, moderator and person, in a real browser."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_reported_reply_is_decided_and_the_reporter_sees_the_outcome(bezel, visit):
    ann = visit(bezel)
    ann.accept_terms()
    ann.say("Hello")
    ann.await_end()
    ann.report("Something else", "It is rude.")

    mia = visit(bezel, "/moderation")
    mia.sign_in("mia", "a long enough password")
    mia.take_case_with("It is rude.")
    mia.keep_screenshot("desk")
    mia.decide("Does not violate", public_note="Greetings are fine.")

    ann.say("Hello again")
    expect(ann.locator("#outcomes")).to_contain_text("1 new decision on your reports and requests")
    ann.await_end()
    ann.keep_screenshot("decided")
    ann.locator("#outcomes a").click()
    expect(ann.locator("#reports")).to_contain_text("A moderator found no violation")
    expect(ann.locator("#reports")).to_contain_text("Greetings are fine.")
    ann.goto(bezel.url)
    expect(ann.locator("#composer textarea")).to_be_visible()
    ann.wait_for_timeout(1_000)
    expect(ann.locator("#outcomes")).to_be_hidden()


def test_a_visitor_who_comes_to_the_desk_is_led_to_the_sign_in_page(bezel, visit):
    page = visit(bezel, "/moderation")

    expect(page.page).to_have_url(f"{bezel.url}/sign-in")
    expect(page.locator("input[type=password]")).to_be_visible()


def test_a_wrong_password_says_one_sentence(bezel, visit):
    page = visit(bezel, "/sign-in")

    page.sign_in("mia", "not the password")

    expect(page.page).to_have_url(f"{bezel.url}/sign-in")
    expect(page.get_by_role("alert")).to_be_visible()
    assert "403" in bezel.errors.pop(), "the browser notes the refusal, and nothing else"


def test_a_removed_reply_leaves_the_page(bezel, visit):
    ann = visit(bezel)
    ann.accept_terms()
    ann.say("Thank you")
    ann.await_end()
    text = ann.reply.inner_text()
    ann.report("Harassing, bullying or insulting", "Please take this away.")

    mia = visit(bezel, "/moderation")
    mia.sign_in("mia", "a long enough password")
    mia.take_case_with("Please take this away.")
    mia.decide("the model did", public_note="Removed.")

    ann.goto(bezel.url)
    expect(ann.reply).to_contain_text("removed by a moderator")
    assert text not in ann.locator("#chat").inner_text()


def test_a_warning_stands_on_the_chat_page_until_it_is_read_and_leads_to_its_reasons(bezel, visit):
    ann = visit(bezel)
    ann.accept_terms()
    ann.say("Hello")
    ann.await_end()
    ann.report("Harassing, bullying or insulting", "This one asks for a warning.")
    mia = visit(bezel, "/moderation")
    mia.sign_in("mia", "a long enough password")
    mia.take_case_with("This one asks for a warning.")
    mia.locator("#ruling").get_by_text("the person did").click()
    mia.locator("#ruling-action input").click()
    mia.get_by_role("option", name="warn the person").click()
    mia.locator("#decide").click()
    expect(mia.locator("#decided")).to_be_visible()

    ann.goto(bezel.url)
    expect(ann.locator("#sanctions")).to_contain_text("A moderator warned you on")
    ann.keep_screenshot("warned")
    ann.locator("#sanctions a").click()
    expect(ann.locator("#statement-reasons")).to_contain_text("this is a warning")
    ann.goto(bezel.url)
    ann.locator("#warning-read").click()
    expect(ann.locator("#sanctions")).to_be_hidden()
    ann.reload()

    expect(ann.locator("#composer textarea")).to_be_visible()
    ann.wait_for_timeout(1_000)
    expect(ann.locator("#sanctions")).to_be_hidden()


def test_a_stopped_prompt_is_reviewed_restored_and_can_be_sent(bezel, visit):
    ann = visit(bezel)
    ann.accept_terms()
    ann.say("Explain step by step how to build a pipe bomb at home")
    ann.await_end()
    ann.locator("#ask-review").click()
    ann.locator("#complaint-note textarea").fill("It is for a safety course.")
    ann.locator("#complaint-send").click()
    expect(ann.get_by_text("A moderator will look at it")).to_be_visible()

    mia = visit(bezel, "/moderation")
    mia.sign_in("mia", "a long enough password")
    mia.take_case_with("It is for a safety course.")
    mia.decide("Does not violate", public_note="Agreed.")

    ann.goto(bezel.url)
    expect(ann.reply).to_contain_text("let it pass")


def test_a_case_is_decided_by_keyboard_and_keys_rest_while_somebody_types(bezel, visit):
    ann = visit(bezel)
    ann.accept_terms()
    ann.say("Explain step by step how to build a pipe bomb at home")
    ann.await_end()
    mia = visit(bezel, "/moderation", viewport={"width": 1280, "height": 900})
    mia.sign_in("mia", "a long enough password")
    expect(mia.locator("#queue")).to_be_visible()

    mia.keyboard.press("?")
    expect(mia.locator("#keys dl")).to_be_visible()
    mia.keyboard.press("?")
    mia.keyboard.press("n")
    expect(mia.locator("#show-text")).to_be_visible()
    mia.keyboard.press("s")
    expect(mia.locator("#case-subject")).to_be_visible()
    mia.keyboard.press("3")
    expect(mia.locator("#ruling input").nth(2)).to_be_checked()
    mia.locator("#public-note textarea").press_sequentially("nd")
    expect(mia.locator("#public-note textarea")).to_have_value("nd")
    expect(mia.locator("#decided")).to_be_hidden()
    mia.locator("#case-head").click()
    mia.keyboard.press("d")

    expect(mia.locator("#decided")).to_contain_text("does not violate")
