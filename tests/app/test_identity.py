import pytest

from app.identity import DESK_COOKIE, VISITOR_COOKIE, CookieShape, Door, Identity, NotSignedIn


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


def test_every_sign_in_at_the_desk_is_an_audit_event_and_a_failed_one_holds_nothing_typed(identity, store):
    mia = store.moderators.add("mia", identity.hash_password("a long password"))

    identity.sign_in("mia", "wrong")
    identity.sign_in("a long password", "typed into the wrong field")
    identity.sign_in("mia", "a long password")

    assert [(event.actor, event.action, event.object_id) for event in store.audit.events(3)] == [
        (mia.id, "signed in", mia.id),
        ("nobody", "sign-in failed", "unknown name"),
        ("nobody", "sign-in failed", mia.id),
    ]


def test_every_sign_in_to_chat_is_an_audit_event_under_a_pseudonym(identity, store):
    guarded = Identity(b"k" * 32, store, Door("accounts"))
    ann = store.accounts.add("ann", identity.hash_password("a long password"))
    person = store.audit.pseudonym(ann.id)

    guarded.enter("ann", "wrong")
    guarded.enter("nobody", "wrong")
    guarded.enter("ann", "a long password")
    guarded.change_password(ann, "wrong", "another long password")

    assert [(event.actor, event.action, event.object_id) for event in store.audit.events(4)] == [
        ("nobody", "password change refused", person),
        (person, "signed in", person),
        ("nobody", "sign-in failed", "unknown name"),
        ("nobody", "sign-in failed", person),
    ]


def test_a_passcode_that_lets_in_and_one_that_does_not_are_audit_events(store):
    guarded = Identity(b"k" * 32, store, Door("passcode", "open sesame"))

    guarded.is_passcode("wrong")
    guarded.is_passcode("open sesame")
    owner = guarded.visitor({VISITOR_COOKIE: guarded.readmitted({})})

    let_in, refused = store.audit.events(2)
    assert (refused.actor, refused.action) == ("nobody", "passcode refused")
    assert (let_in.actor, let_in.action) == (store.audit.pseudonym(owner), "let in by passcode")


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
