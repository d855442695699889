import pytest

from app.identity import DESK_COOKIE, VISITOR_COOKIE, CookieShape, Identity, NotSignedIn


class Request:
    def __init__(self, **cookies):
        self.cookies = cookies


def test_a_new_visitor_is_recognised_by_the_cookie(identity):
    cookie = identity.new_visitor()

    assert identity.require_visitor(Request(**{VISITOR_COOKIE: cookie}))


def test_two_visitors_are_two_people(identity):
    first, second = identity.new_visitor(), identity.new_visitor()

    assert identity.visitor({VISITOR_COOKIE: first}) != identity.visitor({VISITOR_COOKIE: second})


@pytest.mark.parametrize("forged", ["", "ann", "InNvbWVib2R5Ig.c2lnbmF0dXJl", "\x00", "." * 500])
def test_a_cookie_without_our_signature_is_nobody(identity, forged):
    with pytest.raises(NotSignedIn):
        identity.require_visitor(Request(**{VISITOR_COOKIE: forged}))


def test_a_cookie_signed_with_another_key_is_nobody(identity, store):
    foreign = Identity(b"x" * 32, store).new_visitor()

    assert identity.visitor({VISITOR_COOKIE: foreign}) is None


def test_a_visitors_cookie_does_not_open_the_desk(identity):
    with pytest.raises(NotSignedIn):
        identity.require_moderator(Request(**{DESK_COOKIE: identity.new_visitor()}))


def test_a_moderator_signs_in_and_is_recognised(identity, store):
    store.moderators.add("mia", identity.hash_password("a long password"))

    cookie = identity.sign_in("mia", "a long password")

    assert identity.require_moderator(Request(**{DESK_COOKIE: cookie})).name == "mia"
    assert [event.action for event in store.audit.events()][0] == "signed in"


@pytest.mark.parametrize(("name", "password"), [("mia", "wrong"), ("nobody", "a long password"), ("", "")])
def test_a_wrong_name_or_password_gives_nothing(identity, store, name, password):
    store.moderators.add("mia", identity.hash_password("a long password"))

    assert identity.sign_in(name, password) is None


def test_signing_out_everywhere_ends_every_cookie(identity, store):
    mia = store.moderators.add("mia", identity.hash_password("a long password"))
    cookie = identity.sign_in("mia", "a long password")

    store.moderators.sign_out_everywhere(mia.id)

    assert identity.moderator({DESK_COOKIE: cookie}) is None


def test_an_ended_account_is_nobody(identity, store):
    store.moderators.add("mia", identity.hash_password("a long password"))
    cookie = identity.sign_in("mia", "a long password")

    store.moderators.end("mia")

    assert identity.moderator({DESK_COOKIE: cookie}) is None
    assert identity.sign_in("mia", "a long password") is None


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites():
    assert CookieShape(framed=False, secure=False).header("a", "b", 60) == (
        "a=b; HttpOnly; Max-Age=60; Path=/; SameSite=Lax"
    )


def test_a_cookie_inside_a_spaces_frame_is_secure_and_partitioned():
    assert CookieShape(framed=True, secure=True).header("a", "b", 60) == (
        "a=b; HttpOnly; Max-Age=60; Path=/; SameSite=None; Secure; Partitioned"
    )
