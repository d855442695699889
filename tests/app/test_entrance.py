"""Who may chat: the middleware and its pages, around a small application that says who is asking."""

import sqlite3

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.address import Addresses
from app.entrance import Cookies, Entrance, is_beside
from app.identity import VISITOR_COOKIE, Door, Identity, NotSignedIn
from app.limits import Admission, Allowed
from app.pages.entrance import entrance_routes
from app.pages.recovery import digest_of, new_code, recovery_routes
from app.passwords import Passwords
from app.shield import Shield, ShieldSettings
from app.slowing import Slowing
from app.wording import entrance, recovery

SITE = "http://site.test"
HTML = {"accept": "text/html,*/*;q=0.8", "origin": SITE}
CODE = "the blue gate"
SECRET = "correct horse battery"
# Everything of the product that only somebody who may chat can ask for.
CLOSED = (
    ("GET", "/"),
    ("GET", "/my-data"),
    ("GET", "/my-data/export"),
    ("GET", "/recovery"),
    ("POST", "/recovery/make"),
    ("GET", "/config"),
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/queue/data?session_hash=x"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/heartbeat/x"),
    ("POST", "/gradio_api/cancel"),
)


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def site(store, pauses):
    """Bezel's middleware and entrance around an application that answers with the owner it was asked by."""

    def made(who="open", *, hops=0, framed=False, key=b"k" * 32, passcode=CODE, **bounds):
        quick = Passwords(PasswordHasher(time_cost=1, memory_cost=1024))
        identity = Identity(key, store, Door(who, passcode if who == "passcode" else ""), quick)
        admission, cookies = Admission(Allowed(**bounds)), Cookies(framed=framed)

        async def pause(seconds):
            pauses.append(seconds)

        async def asked(request):
            try:
                return PlainTextResponse(identity.require_visitor(request))
            except NotSignedIn:
                return PlainTextResponse("nobody")

        slowing = Slowing(pause=pause)
        routes = [
            *entrance_routes(identity, admission, cookies, "Hill School", slowing=slowing),
            *recovery_routes(identity, store, cookies, slowing=slowing),
            Route("/{path:path}", asked, methods=["GET", "POST"]),
        ]
        return Starlette(
            routes=routes,
            middleware=[
                Middleware(Addresses, hops=hops),
                Middleware(
                    Shield,
                    identity=identity,
                    settings=ShieldSettings(framed=framed, pages=("/{path:path}",), behind_proxy=bool(hops)),
                ),
                Middleware(Entrance, identity=identity, admission=admission, cookies=cookies),
            ],
        )

    return made


def browser(app, address="192.0.2.7", **headers):
    transport = httpx.ASGITransport(app, client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url=SITE, headers=HTML | headers)


async def asked(app, method, path, **headers):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as nobody:
        content = {"json": {"data": [], "session_hash": "x"}} if method == "POST" else {}
        return await nobody.request(method, path, headers=headers, **content)


async def owner_in(visitor):
    """Whom this browser's requests come from once it has opened the page, or None where it may not."""
    answer = await visitor.get("/")
    if answer.text == "nobody":
        answer = await visitor.get("/")
    return answer.text if answer.status_code == 200 else None


async def entered(app, form, **headers):
    """A browser that came in with this form."""
    visitor = browser(app, **headers)
    answer = await visitor.post("/enter", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return visitor


# Open


async def test_a_first_page_gives_a_visitor_their_cookie_once(site):
    async with browser(site()) as visitor:
        first = await visitor.get("/")
        second = await visitor.get("/")

    assert "HttpOnly" in first.headers["set-cookie"] and "SameSite=Lax" in first.headers["set-cookie"]
    assert "Secure" not in first.headers["set-cookie"]
    assert "set-cookie" not in second.headers and second.text != "nobody"


async def test_what_is_no_page_gives_no_cookie_and_owns_nothing(site):
    for path in ("/", "/my-data/export", "/config"):
        answer = await asked(site(), "GET", path)
        assert answer.text == "nobody" and "set-cookie" not in answer.headers


async def test_a_cookie_is_for_tls_only_where_the_browser_speaks_it(site):
    over_tls = {"x-forwarded-for": "198.51.100.4", "x-forwarded-proto": "https"}

    async with browser(site(hops=1), **over_tls) as visitor:
        assert "Secure" in (await visitor.get("/")).headers["set-cookie"]
    async with browser(site(hops=0), **over_tls) as visitor:
        assert "Secure" not in (await visitor.get("/")).headers["set-cookie"]


async def test_a_cookie_inside_a_spaces_frame_is_partitioned(site):
    async with browser(site(framed=True)) as visitor:
        cookie = (await visitor.get("/")).headers["set-cookie"]

    assert all(word in cookie for word in ("SameSite=None", "Secure", "Partitioned", "HttpOnly"))


async def test_too_many_new_people_from_one_address_are_asked_to_come_back(site):
    app = site(address_people=2)
    for _ in range(2):
        async with browser(app) as visitor:
            assert (await visitor.get("/")).status_code == 200

    async with browser(app) as late, browser(app, "192.0.2.8") as elsewhere:
        answer = await late.get("/", headers={"accept-language": "ko,en;q=0.5"})
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 1_700
        assert "네트워크" in answer.text and '<html lang="ko">' in answer.text
        assert "set-cookie" not in answer.headers
        assert (await elsewhere.get("/")).status_code == 200


async def test_a_header_gets_nobody_past_the_limit_of_an_address(site):
    app = site(hops=1, address_people=1)
    async with browser(app, **{"x-forwarded-for": "198.51.100.4"}) as visitor:
        assert (await visitor.get("/")).status_code == 200

    async with browser(app, **{"x-forwarded-for": "6.6.6.6, 198.51.100.4"}) as liar:
        assert (await liar.get("/")).status_code == 429


# Passcode and accounts: nobody gets past


@pytest.mark.parametrize("who", ["passcode", "accounts"])
@pytest.mark.parametrize(("method", "path"), CLOSED)
async def test_nobody_gets_past_the_entrance_by_any_route(site, who, method, path):
    forged = Identity(b"x" * 32, None).new_visitor()
    of_open_days = Identity(b"k" * 32, None).new_visitor()

    for cookie in (None, "rubbish", forged, of_open_days):
        headers = {} if cookie is None else {"cookie": f"{VISITOR_COOKIE}={cookie}"}
        if method == "POST":
            headers["origin"] = SITE
        answer = await asked(site(who), method, path, **headers)
        assert answer.status_code in (303, 401, 403, 404, 415), (cookie, answer.text)
        assert "nobody" not in answer.text and "set-cookie" not in answer.headers


@pytest.mark.parametrize("who", ["passcode", "accounts"])
async def test_a_page_leads_to_the_entrance_and_a_script_is_told_to(site, who):
    app = site(who)
    async with browser(app) as visitor:
        page = await visitor.get("/my-data")
    script = await asked(app, "GET", "/config", **{"accept-language": "ja"})

    assert (page.status_code, page.headers["location"]) == (303, "/enter")
    assert (script.status_code, script.json()["detail"]) == (401, entrance.come_in_first("ja"))


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("/moderation", True),
        ("/moderation/gradio_api/queue/join", True),
        ("/sign-in", True),
        ("/healthz", True),
        ("/assets/index.js", True),
        ("/moderations", False),
        ("/healthz/x", False),
        ("/my-data", False),
        ("/gradio_api/queue/join", False),
    ],
)
def test_the_desk_and_what_holds_nothing_of_anybody_stand_beside_the_entrance(path, beside):
    assert is_beside(path) is beside


async def test_a_form_that_was_left_open_leads_in_after_the_sign_in_has_ended(site, add, store):
    account = add("ann")
    here = await entered(site("accounts"), {"name": "ann", "password": SECRET})
    store.accounts.sign_out_everywhere(account.id)

    answer = await here.post("/leave")

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


async def test_a_database_that_cannot_be_read_lets_nobody_in_and_says_so(site, tmp_path, monkeypatch):
    monkeypatch.setattr("storage.recovery.FRESH", 0.0)
    visitor = await entered(site("passcode"), {"passcode": CODE})
    with sqlite3.connect(tmp_path / "bezel.sqlite") as raw:
        raw.execute("DROP TABLE terms_acceptance")
        raw.execute("DROP TABLE recovery_code")
        raw.execute("ALTER TABLE person RENAME TO lost")

    answer = await visitor.get("/")

    assert answer.status_code == 503 and entrance.cannot_tell("en") in answer.text
    assert "person" not in answer.text and "Traceback" not in answer.text


# Passcode


async def test_the_passcode_lets_in_and_a_wrong_one_does_not(site):
    app = site("passcode")
    async with browser(app) as visitor:
        wrong = await visitor.post("/enter", data={"passcode": "open sesame"})
        assert wrong.status_code == 403 and entrance.wrong_passcode("en") in wrong.text
        assert "open sesame" not in wrong.text
        assert await owner_in(visitor) is None
        await visitor.post("/enter", data={"passcode": f" {CODE} "})
        assert await owner_in(visitor)
        assert (await visitor.get("/enter")).headers["location"] == "/"


@pytest.mark.parametrize("form", [{}, {"passcode": ""}, {"passcode": "x" * 100_000}, {"passcode": "\x00"}])
async def test_an_odd_form_is_a_wrong_passcode(site, form):
    async with browser(site("passcode")) as visitor:
        assert (await visitor.post("/enter", data=form)).status_code == 403


async def test_guessing_the_passcode_is_slowed_like_a_sign_in(site, pauses):
    async with browser(site("passcode")) as visitor:
        for _ in range(7):
            await visitor.post("/enter", data={"passcode": "guess"})

    assert pauses == [0.0] * 5 + [0.5, 1.0]


async def test_a_changed_passcode_asks_everybody_again_and_keeps_their_history(site):
    visitor = await entered(site("passcode"), {"passcode": CODE})
    before = await owner_in(visitor)

    async with browser(site("passcode", passcode="the red gate")) as later:
        later.cookies = visitor.cookies
        assert await owner_in(later) is None
        await later.post("/enter", data={"passcode": "the red gate"})
        assert await owner_in(later) == before


async def test_coming_in_behind_a_passcode_keeps_the_history_of_open_days(site):
    async with browser(site("open")) as visitor:
        before = await owner_in(visitor)
        async with browser(site("passcode")) as later:
            later.cookies = visitor.cookies
            await later.post("/enter", data={"passcode": CODE})
            assert await owner_in(later) == before


async def test_the_entrance_speaks_the_browsers_language_and_names_the_host(site):
    for language, greeting in (("ko-KR,ko;q=0.9", "환영합니다"), ("zh", "欢迎"), ("fr,ja;q=0.8", "ようこそ")):
        async with browser(site("passcode"), **{"accept-language": language}) as visitor:
            page = await visitor.get("/enter")
            assert greeting in page.text and "Hill School" in page.text
            assert "<script" not in page.text and page.text.count("autofocus") == 1


# Accounts


@pytest.fixture
def add(store):
    """An account with this name and the usual password."""
    quick = PasswordHasher(time_cost=1, memory_cost=1024)
    return lambda name: store.accounts.add(name, quick.hash(SECRET))


async def test_an_account_is_the_same_person_in_every_browser(site, add):
    account = add("ann")
    app = site("accounts")

    here = await entered(app, {"name": "ann", "password": SECRET})
    there = await entered(app, {"name": " ANN ", "password": SECRET})

    assert await owner_in(here) == await owner_in(there) == account.id


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer_and_are_slowed(site, add, pauses):
    add("ann")
    async with browser(site("accounts")) as visitor:
        wrong = await visitor.post("/enter", data={"name": "ann", "password": "wrong"})
        nobody = await visitor.post("/enter", data={"name": "eve", "password": "wrong"})
        for _ in range(5):
            await visitor.post("/enter", data={"name": "ann", "password": "wrong"})

    assert wrong.status_code == nobody.status_code == 403
    assert wrong.text.replace('value="ann"', "") == nobody.text.replace('value="eve"', "")
    assert pauses == [0.0] * 6 + [0.5]


async def test_an_ended_account_is_out_at_once(site, add, store):
    account = add("ann")
    app = site("accounts")
    visitor = await entered(app, {"name": "ann", "password": SECRET})

    store.accounts.end(account.id)

    assert await owner_in(visitor) is None
    answer = await visitor.post("/enter", data={"name": "ann", "password": SECRET})
    assert answer.status_code == 403


async def test_signing_out_ends_here_and_signing_out_everywhere_ends_all(site, add):
    add("ann")
    app = site("accounts")
    form = {"name": "ann", "password": SECRET}
    here, there, third = [await entered(app, form) for _ in range(3)]

    await here.post("/leave")
    assert await owner_in(here) is None and await owner_in(there)
    answer = await there.post("/leave-everywhere")

    assert answer.headers["location"] == "/enter"
    assert [await owner_in(browser) for browser in (there, third)] == [None, None]
    assert await owner_in(await entered(app, form))


async def test_a_changed_password_counts_from_then_on_and_ends_other_sign_ins(site, add):
    add("ann")
    app, new = site("accounts"), "a quite new password"
    here, there = [await entered(app, {"name": "ann", "password": SECRET}) for _ in range(2)]

    answer = await here.post("/account", data={"old": SECRET, "new": new})
    page = await here.get(answer.headers["location"])

    assert answer.status_code == 303 and entrance.password_changed("en") in page.text
    assert await owner_in(here) and await owner_in(there) is None
    assert await owner_in(await entered(app, {"name": "ann", "password": new}))
    assert (await there.post("/enter", data={"name": "ann", "password": SECRET})).status_code == 403


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"old": "wrong", "new": "a quite new password"}, 403),
        ({"old": SECRET, "new": "short"}, 400),
        ({"old": SECRET}, 400),
        ({}, 400),
    ],
)
async def test_a_change_that_cannot_be_leaves_the_password(site, add, form, status):
    add("ann")
    app = site("accounts")
    here = await entered(app, {"name": "ann", "password": SECRET})

    answer = await here.post("/account", data=form)

    assert answer.status_code == status and "nothing was changed" in answer.text
    assert await owner_in(await entered(app, {"name": "ann", "password": SECRET}))


async def test_a_form_from_another_site_changes_nothing(site, add):
    add("ann")
    app = site("accounts")
    here = await entered(app, {"name": "ann", "password": SECRET})

    for path in ("/leave", "/leave-everywhere", "/account", "/enter"):
        answer = await here.post(path, data={"old": SECRET}, headers={"origin": "https://evil.test"})
        assert answer.status_code == 403
    assert await owner_in(here)


async def test_an_account_counts_only_where_people_have_accounts(site, add):
    add("ann")
    here = await entered(site("accounts"), {"name": "ann", "password": SECRET})

    async with browser(site("passcode")) as visitor:
        visitor.cookies = here.cookies
        assert await owner_in(visitor) is None


async def test_pages_of_accounts_are_not_there_without_accounts(site):
    async with browser(site("open")) as visitor:
        owner = await owner_in(visitor)
        assert (await visitor.get("/account")).text == owner
    async with browser(site("open")) as visitor:
        assert (await visitor.get("/enter")).headers["location"] == "/"


# Recovery


async def code_from(visitor):
    page = await visitor.post("/recovery/make")
    return page.text.partition('<code id="new-code">')[2].partition("</code>")[0].replace("<br>", "")


async def test_a_recovery_code_brings_the_person_to_another_browser_once(site, store):
    app = site()
    async with browser(app) as lost, browser(app) as found, browser(app) as third:
        owner = await owner_in(lost)
        await owner_in(found)
        code = await code_from(lost)

        answer = await found.post("/recovery/use", data={"code": f" {code.lower().replace('-', ' ')}"})
        again = await third.post("/recovery/use", data={"code": code})

        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert await owner_in(found) == owner
        assert again.status_code == 403 and recovery.wrong_code("en") in again.text
    actions = [event.action for event in store.audit.events(2)]
    assert actions == ["recovery code used", "recovery code made"]


async def test_the_browser_of_before_loses_what_another_took_over(site):
    app = site()
    async with browser(app) as lost, browser(app) as found:
        owner = await owner_in(lost)
        await owner_in(found)
        await found.post("/recovery/use", data={"code": await code_from(lost)})

        assert (await lost.get("/my-data/export", headers={"accept": "*/*"})).text == "nobody"
        assert await owner_in(lost) not in (owner, None)


async def test_a_new_code_replaces_the_one_before(site):
    app = site()
    async with browser(app) as visitor, browser(app) as other:
        await owner_in(visitor)
        first, second = await code_from(visitor), await code_from(visitor)

        assert (await other.post("/recovery/use", data={"code": first})).status_code == 403
        assert (await other.post("/recovery/use", data={"code": second})).status_code == 303


async def test_a_code_is_kept_as_a_digest_and_shown_once(site, store, tmp_path):
    async with browser(site()) as visitor:
        await owner_in(visitor)
        code = await code_from(visitor)
        shown_again = (await visitor.get("/recovery")).text
    store.close()

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert code not in shown_again
    assert digest_of(code).encode() in kept
    assert code.encode() not in kept and code.replace("-", "").encode() not in kept


@pytest.mark.parametrize("code", ["", "x", "AAAA-AAAA", "\x00", "é" * 500, "' OR 1=1 --"])
async def test_guessing_a_code_gets_nowhere_and_is_slowed(site, pauses, code):
    async with browser(site()) as visitor:
        before = await owner_in(visitor)
        await code_from(visitor)
        for _ in range(6):
            assert (await visitor.post("/recovery/use", data={"code": code})).status_code == 403
        assert await owner_in(visitor) == before

    assert pauses == [0.0] * 5 + [0.5]


def test_no_two_codes_are_alike_and_each_says_enough():
    codes = {new_code() for _ in range(1_000)}

    assert len(codes) == 1_000
    assert {len(code.replace("-", "")) for code in codes} == {24}


async def test_behind_a_passcode_a_code_needs_the_passcode_too(site):
    app = site("passcode")
    first = await entered(app, {"passcode": CODE})
    owner, code = await owner_in(first), await code_from(first)

    async with browser(app) as outside:
        assert (await outside.post("/recovery/use", data={"code": code})).status_code in (303, 401)
        assert await owner_in(outside) is None
    inside = await entered(app, {"passcode": CODE})
    await inside.post("/recovery/use", data={"code": code})
    assert await owner_in(inside) == owner
