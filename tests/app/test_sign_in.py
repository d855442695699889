"""The sign-in page: what it gives away, what it hands out, and how it slows guessing."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.address import Addresses
from app.entrance import Cookies
from app.identity import DESK_COOKIE, VISITOR_COOKIE
from app.pages.sign_in import SignIn, sign_in_routes
from app.shield import Shield, ShieldSettings
from app.slowing import LONGEST_DELAY, Slowing
from app.wording import desk
from safety.types import Action, Verdict

SITE = "http://site.test"
OWN = {"origin": SITE}
OUR_PATHS = ("/sign-in", "/sign-out", "/sign-out-everywhere")
RIGHT = "correct horse battery"


def served(identity, *, framed=False):
    cookie = Cookies(framed=framed, secure=framed)
    settings = ShieldSettings(framed=framed, pages=OUR_PATHS)
    return Starlette(
        routes=sign_in_routes(identity, cookie),
        middleware=[Middleware(Shield, identity=identity, settings=settings)],
    )


@pytest.fixture
def browser(identity):
    transport = httpx.ASGITransport(served(identity))
    return httpx.AsyncClient(transport=transport, base_url=SITE, headers=OWN)


async def test_the_form_is_a_page_without_any_script(browser):
    page = await browser.get("/sign-in", headers={"accept": "text/html"})

    assert page.status_code == 200
    assert "<script" not in page.text and "javascript:" not in page.text and " on" + "load" not in page.text
    assert '<label for="name">' in page.text and '<label for="password">' in page.text
    assert page.text.count("autofocus") == 1
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


async def test_the_right_password_leads_to_the_desk_with_a_cookie_that_counts(browser, identity, mia):
    answer = await browser.post("/sign-in", data={"name": "mia", "password": RIGHT})

    assert answer.status_code == 303 and answer.headers["location"] == "/moderation"
    assert identity.moderator({DESK_COOKIE: browser.cookies[DESK_COOKIE]}).id == mia.id
    set_cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in set_cookie and "SameSite=Lax" in set_cookie and "Max-Age=43200" in set_cookie


async def test_who_signs_in_where_they_chat_never_gets_their_own_case(browser, identity, mia, store):
    cookie = identity.new_visitor()
    owner = identity.visitor({VISITOR_COOKIE: cookie})
    prompt = store.save_prompt(owner, store.start_conversation(owner).id, "my own words")
    store.record_prompt(owner, prompt.id, Verdict(Action.BLOCK, 1.0, {}, (), {}, "pup/standard/n1"))

    await browser.post(
        "/sign-in", data={"name": "mia", "password": RIGHT}, headers={"cookie": f"{VISITOR_COOKIE}={cookie}"}
    )

    assert store.desk.waiting() == 1
    assert store.desk.next_case(mia.id) is None


async def test_a_frame_gets_a_cookie_that_comes_back_in_a_frame(identity, mia):
    transport = httpx.ASGITransport(served(identity, framed=True))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=OWN) as browser:
        answer = await browser.post("/sign-in", data={"name": "mia", "password": RIGHT})

    for word in ("SameSite=None", "Secure", "Partitioned", "HttpOnly"):
        assert word in answer.headers["set-cookie"]


async def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(browser, mia):
    wrong_password = await browser.post("/sign-in", data={"name": "mia", "password": "wrong"})
    wrong_name = await browser.post("/sign-in", data={"name": "zoe", "password": "wrong"})

    assert wrong_password.status_code == wrong_name.status_code == 403
    assert desk.wrong_sign_in() in wrong_password.text
    assert wrong_password.text.replace('value="mia"', "") == wrong_name.text.replace('value="zoe"', "")
    assert DESK_COOKIE not in browser.cookies


async def test_an_ended_account_gets_the_same_answer_as_none(browser, store, mia):
    store.moderators.end("mia")

    answer = await browser.post("/sign-in", data={"name": "mia", "password": RIGHT})

    assert answer.status_code == 403 and desk.wrong_sign_in() in answer.text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "mia"},
        {"password": RIGHT},
        {"name": "", "password": ""},
        {"name": "x\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "password": "y"},
        {"name": "n" * 100_000, "password": "p" * 100_000},
    ],
)
async def test_an_incomplete_or_odd_form_is_a_failed_sign_in(browser, mia, form):
    answer = await browser.post("/sign-in", data=form)

    assert answer.status_code == 403 and desk.wrong_sign_in() in answer.text


async def test_a_file_in_place_of_a_password_is_a_failed_sign_in(browser, mia):
    answer = await browser.post("/sign-in", data={"name": "mia"}, files={"password": ("p", RIGHT.encode())})

    assert answer.status_code == 403


async def test_a_name_with_markup_comes_back_as_text(browser):
    answer = await browser.post("/sign-in", data={"name": '"><script>alert(1)</script>', "password": "x"})

    assert "<script" not in answer.text and "&quot;&gt;&lt;script&gt;" in answer.text


async def test_whoever_is_signed_in_goes_straight_to_the_desk(browser, mia):
    answer = await browser.get("/sign-in", headers={"cookie": f"{DESK_COOKIE}={mia.cookies[DESK_COOKIE]}"})

    assert answer.status_code == 303 and answer.headers["location"] == "/moderation"


async def test_signing_out_takes_the_cookie_back(browser, mia):
    await browser.post("/sign-in", data={"name": "mia", "password": RIGHT})

    answer = await browser.post("/sign-out")

    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in"
    assert DESK_COOKIE not in browser.cookies
    assert (await browser.get("/sign-in")).status_code == 200


async def test_a_link_cannot_sign_anybody_out(browser):
    assert (await browser.get("/sign-out")).status_code == 405


async def test_a_form_sent_from_another_site_is_refused(browser, mia):
    form = {"name": "mia", "password": RIGHT}

    answer = await browser.post("/sign-in", data=form, headers={"origin": "https://evil.test"})

    assert answer.status_code == 403 and DESK_COOKIE not in browser.cookies
    assert desk.wrong_sign_in() not in answer.text


async def test_a_visitor_who_comes_to_the_desk_is_led_to_the_form(browser):
    answer = await browser.get("/moderation")

    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in"


async def test_sixty_wrong_passwords_are_slowed_after_five_and_elsewhere_the_right_one_works_at_once(
    identity, mia
):
    pauses = []

    async def pause(seconds):
        pauses.append(seconds)

    pages = SignIn(identity, Cookies(framed=False), Slowing(pause=pause))
    routes = Starlette()
    routes.add_route("/sign-in", pages.sign_in, methods=["POST"])
    wrong, right = {"name": "mia", "password": "wrong"}, {"name": "MIA", "password": RIGHT}

    async with from_address(routes, "192.0.2.7") as here, from_address(routes, "192.0.2.8") as elsewhere:
        statuses = [(await here.post("/sign-in", data=wrong)).status_code for _ in range(60)]
        there = await elsewhere.post("/sign-in", data=right)
        late = await here.post("/sign-in", data=right)

    assert statuses == [403] * 60
    assert pauses[:8] == [0.0] * 5 + [0.5, 1.0, 2.0]
    assert pauses[8:60] == [LONGEST_DELAY] * 52
    assert (there.status_code, pauses[60]) == (303, 0.0)
    assert (late.status_code, pauses[61]) == (303, LONGEST_DELAY)


async def test_signing_out_everywhere_ends_the_cookies_of_every_browser(browser, identity, store, mia):
    await browser.post("/sign-in", data={"name": "mia", "password": RIGHT})

    answer = await browser.post("/sign-out-everywhere")

    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in"
    assert identity.moderator(mia.cookies) is None
    assert DESK_COOKIE not in browser.cookies
    assert store.audit.events()[0].action == "signed out everywhere"


def from_address(app, address):
    """A browser at this address, with Bezel's note of where its requests come from."""
    transport = httpx.ASGITransport(Addresses(app, hops=0), client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url=SITE)
