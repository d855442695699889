"""Who may chat, in a running Bezel: behind a passcode, and with accounts; by the page and by raw HTTP."""

import contextlib

import httpx
import pytest
from argon2 import PasswordHasher
from e2e_site import Site, free_port
from playwright.sync_api import expect

from app.build import parts, serve
from app.settings import Settings
from model.fake import FakeModel

CODE, SECRET = "the blue gate", "a long enough password"
DARK = {"color_scheme": "dark"}
NARROW = {"viewport": {"width": 360, "height": 740}}


@contextlib.contextmanager
def serving(folder, **chosen):
    """A Bezel in this process, with a model that greets."""
    settings = Settings(port=free_port(), data_folder=folder, host_name="Hill School", **chosen)
    model = FakeModel(["Good morning to you."])
    with parts(settings, model=model) as joined:
        running_here = serve(joined, settings)
        # A wrong passcode answers 403, which the browser notes as an error of the page.
        site = Site(f"http://127.0.0.1:{settings.port}", model, expected="status of 403")
        try:
            yield site, joined
        finally:
            running_here.close()


@pytest.fixture(scope="module")
def behind_passcode(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("passcode"), who="passcode", passcode=CODE) as (site, _):
        yield site


@pytest.fixture(scope="module")
def with_accounts(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("accounts"), who="accounts") as (site, joined):
        quick = PasswordHasher(time_cost=1, memory_cost=1024)
        for name in ("ann", "bob"):
            joined.store.accounts.add(name, quick.hash(SECRET))
        joined.store.moderators.add("mia", quick.hash(SECRET))
        yield site


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """One message a minute, one new person an hour from an address, which a proxy of the host's names."""
    folder = tmp_path_factory.mktemp("limited")
    with serving(folder, proxy_hops=1, prompts_per_minute=1, address_people_per_hour=1) as (site, _):
        yield site


def chats(page, text):
    page.say(text)
    page.await_end()
    expect(page.reply).to_contain_text("Good morning to you.")


@pytest.mark.parametrize("name", ["behind_passcode", "with_accounts"])
def test_nobody_gets_anything_by_raw_http(request, name):
    site = request.getfixturevalue(name)
    with httpx.Client(base_url=site.url, headers={"origin": site.url}) as nobody:
        for path in (
            "/",
            "/config",
            "/my-data",
            "/my-data/export",
            "/judging",
            "/recovery",
            "/gradio_api/app_id",
        ):
            for accept in ("text/html", "*/*"):
                answer = nobody.get(path, headers={"accept": accept})
                assert answer.status_code in (303, 401, 404), path
                assert answer.headers.get("location", "/enter") == "/enter"
        for number in range(30):
            joined = {"data": ["Hello", ""], "fn_index": number, "session_hash": "raw"}
            answer = nobody.post("/gradio_api/queue/join", json=joined)
            assert answer.status_code in (401, 403)
        assert nobody.get("/gradio_api/queue/data?session_hash=raw").status_code in (401, 403)
        assert dict(nobody.cookies) == {}
    assert all("Hello" not in str(call) for call in site.model.calls)


@pytest.mark.browser
def test_a_visitor_comes_in_with_the_passcode_and_stays_in(behind_passcode, visit):
    page = visit(behind_passcode)
    expect(page.get_by_text("given a passcode by Hill School")).to_be_visible()
    page.keep_screenshot("entrance-passcode-light")
    page.locator("#passcode").fill("open sesame")
    page.locator("#passcode").press("Enter")
    expect(page.locator("#error")).to_have_text("This is not the passcode.")
    page.keep_screenshot("entrance-passcode-wrong")

    page.locator("#passcode").fill(CODE)
    page.get_by_role("button", name="Enter").click()

    page.accept_terms()
    chats(page, "Hello behind the gate")
    page.reload()
    expect(page.locator("#chat .user.message")).to_contain_text("Hello behind the gate")


@pytest.mark.browser
@pytest.mark.parametrize(("name", "options"), [("dark", DARK), ("narrow", NARROW)])
def test_the_entrance_fits_a_dark_and_a_narrow_page(behind_passcode, with_accounts, visit, name, options):
    for kind, site in (("passcode", behind_passcode), ("accounts", with_accounts)):
        page = visit(site, **options)
        expect(page.locator("main button")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.keep_screenshot(f"entrance-{kind}-{name}")


@pytest.mark.browser
def test_the_history_of_an_account_follows_it_to_another_browser(with_accounts, visit):
    def signed_in(name):
        page = visit(with_accounts)
        page.sign_in(name, SECRET)
        expect(page.locator("#chat")).to_be_visible()
        return page

    ann = signed_in("ann")
    ann.accept_terms()
    chats(ann, "Hello from the first browser")
    elsewhere, bob = signed_in("ann"), signed_in("bob")
    expect(elsewhere.locator("#chat .user.message")).to_contain_text("Hello from the first browser")
    bob.accept_terms()
    expect(bob.locator("#conversation-list label")).to_have_count(0)

    elsewhere.goto(f"{with_accounts.url}/account")
    expect(elsewhere.get_by_text("You are signed in as ann.")).to_be_visible()
    elsewhere.keep_screenshot("account-light")
    elsewhere.get_by_role("button", name="Sign out everywhere").click()
    expect(elsewhere.locator("#password")).to_be_visible()
    ann.reload()
    expect(ann.locator("#password")).to_be_visible()


@pytest.mark.browser
def test_a_moderator_reaches_the_desk_without_an_account_of_the_chat(with_accounts, visit):
    page = visit(with_accounts, "/moderation")
    page.sign_in("mia", SECRET)

    expect(page.get_by_text("All clear")).to_be_visible()


@pytest.mark.browser
def test_a_recovery_code_brings_the_conversations_to_another_browser(behind_passcode, visit):
    def inside():
        page = visit(behind_passcode)
        page.locator("#passcode").fill(CODE)
        page.locator("#passcode").press("Enter")
        expect(page.locator("#chat")).to_be_visible()
        return page

    lost = inside()
    lost.accept_terms()
    chats(lost, "Do not lose me")
    lost.goto(f"{behind_passcode.url}/my-data")
    expect(lost.locator("#keep-it").get_by_role("link")).to_have_attribute("href", "/recovery")
    lost.goto(f"{behind_passcode.url}/recovery")
    lost.get_by_role("button", name="Make a recovery code").click()
    code = lost.locator("#new-code").inner_text()
    lost.keep_screenshot("recovery-light")

    found = inside()
    found.goto(f"{behind_passcode.url}/recovery")
    found.locator("input#code").fill(code)
    found.get_by_role("button", name="Use a recovery code").click()

    expect(found.locator("#chat .user.message")).to_contain_text("Do not lose me")
    lost.goto(behind_passcode.url)
    expect(lost.locator("#passcode")).to_be_visible()


@pytest.mark.browser
def test_a_message_past_the_limit_stays_in_the_composer_and_is_told_until_when(limited, visit):
    page = visit(limited)
    page.accept_terms()
    chats(page, "The first message")

    page.say("The second message")

    expect(page.get_by_text("You can send again in")).to_be_visible()
    expect(page.locator("#composer textarea")).to_have_value("The second message")
    expect(page.locator("#chat .user.message")).to_have_count(1)
    page.wait_for_timeout(500)  # until the notice has slid in
    page.keep_screenshot("limit-light")
    assert len(limited.model.calls) == 1


def test_only_what_the_hosts_own_proxy_says_counts_as_an_address(limited):
    def arrives(forwarded):
        headers = {"accept": "text/html", "x-forwarded-for": forwarded}
        return httpx.get(limited.url, headers=headers).status_code

    assert [arrives("198.51.100.4"), arrives("198.51.100.5")] == [200, 200]
    assert [arrives("6.6.6.6, 198.51.100.4"), arrives("198.51.100.4")] == [429, 429]


def test_a_header_is_no_address_where_there_is_no_proxy(tmp_path):
    with serving(tmp_path, proxy_hops=0, address_people_per_hour=1) as (site, _):

        def arrives(forwarded):
            headers = {"accept": "text/html", "x-forwarded-for": forwarded}
            return httpx.get(site.url, headers=headers).status_code

        assert [arrives("198.51.100.4"), arrives("198.51.100.5")] == [200, 429]
