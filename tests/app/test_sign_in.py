"""The sign-in page: what it gives away, what it hands out, and how it slows guessing."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.identity import DESK_COOKIE, CookieShape
from app.pages.sign_in import LONGEST_DELAY, SignIn, Slowing, sign_in_routes
from app.shield import Shield, ShieldSettings
from app.wording import desk

SITE = "http://site.test"
OWN = {"origin": SITE}
RIGHT = "correct horse battery"


def served(identity, *, framed=False):
    cookie = CookieShape(framed=framed, secure=framed)
    settings = ShieldSettings(framed=framed, secure=framed)
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
    store.end_moderator("mia")

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


def test_five_failures_are_free_and_then_each_doubles_the_wait_up_to_a_bound():
    slowing = Slowing()

    waits = []
    for _ in range(12):
        waits.append(slowing.seconds("mia", "10.0.0.1"))
        slowing.failed("mia", "10.0.0.1")

    assert waits == [0.0] * 5 + [0.5, 1.0, 2.0] + [LONGEST_DELAY] * 4


def test_failures_from_one_address_slow_nobody_at_another():
    slowing = Slowing()

    for _ in range(20):
        slowing.failed("mia", "10.0.0.1")

    assert slowing.seconds("mia", "10.0.0.2") == 0.0
    assert slowing.seconds("noa", "10.0.0.1") == 0.0


def test_a_sign_in_that_succeeds_ends_the_row_of_failures():
    slowing = Slowing()
    for _ in range(20):
        slowing.failed("mia", "10.0.0.1")

    slowing.succeeded("mia", "10.0.0.1")

    assert slowing.seconds("mia", "10.0.0.1") == 0.0


def test_no_number_of_failures_makes_the_wait_overflow_or_the_memory_grow():
    slowing = Slowing(most=10)

    for number in range(1_000):
        slowing.failed("mia", f"10.0.0.{number}")
        slowing.failed("mia", "always")

    assert slowing.seconds("mia", "always") == LONGEST_DELAY
    assert sum(slowing.seconds("mia", f"10.0.0.{number}") for number in range(1_000)) == 0.0


async def test_the_right_password_works_however_often_a_wrong_one_was_tried(identity, mia):
    slowing = Slowing()
    for _ in range(6):
        slowing.failed("mia", "127.0.0.1")
    pages = SignIn(identity, CookieShape(framed=False, secure=False), slowing)
    routes = Starlette()
    routes.add_route("/sign-in", pages.sign_in, methods=["POST"])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(routes), base_url=SITE) as browser:
        answer = await browser.post("/sign-in", data={"name": "MIA", "password": RIGHT})

    assert answer.status_code == 303
    assert answer.elapsed.total_seconds() >= 1.0
