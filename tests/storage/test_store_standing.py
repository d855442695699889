from datetime import timedelta

import pytest

from safety.types import Action
from storage.types import Barred, CaseTaken, IllegalMove, NotFound, StorageError


@pytest.fixture
def own(store, ann, moderator):
    """The moderator is Ann, who chats."""
    store.accept_terms(ann, "v1")
    store.moderators.link(moderator, ann)


def test_nobody_rules_on_a_case_of_their_own(store, chat, ann, moderator, colleague, own):
    chat.prompt(ann, action=Action.BLOCK)
    (case,) = store.desk.cases()

    for ask in (store.desk.claim, store.desk.case, store.desk.reveal):
        with pytest.raises(Barred, match="account of yours"):
            ask(case.id, moderator)
    assert store.desk.next_case(moderator) is None
    assert store.desk.next_case(colleague).summary.id == case.id
    with pytest.raises(Barred):
        store.desk.hand_over(case.id, colleague, to=moderator, reason="yours, I think")


def test_an_account_of_the_same_name_is_a_moderators_own(store, chat, moderator, colleague):
    account = store.accounts.add("opal", "hash")
    chat.prompt(account.id, action=Action.BLOCK)

    assert store.desk.next_case(moderator) is None
    assert store.desk.next_case(colleague) is not None


def test_a_case_that_became_ones_own_while_held_is_not_decided(store, chat, ann, moderator, decide):
    chat.prompt(ann, action=Action.BLOCK)
    case = store.desk.next_case(moderator)
    store.moderators.link(moderator, ann)

    with pytest.raises(Barred):
        store.desk.decide(
            case.summary.id,
            moderator,
            ruling="no_violation",
            clause=None,
            note="",
            public_note="",
            row_version=case.row_version,
        )


def test_linking_again_or_to_nobody_changes_nothing(store, ann, moderator, own, chat):
    store.moderators.link(moderator, ann)
    store.moderators.link(moderator, "nobody ever")
    store.erase_person(ann)
    chat.prompt(ann, action=Action.BLOCK)

    assert store.desk.next_case(moderator) is not None


# Hold and hand over


def test_a_held_case_stays_with_its_moderator_for_longer(store, chat, ann, moderator, colleague, clock):
    chat.prompt(ann, action=Action.BLOCK)
    case = store.desk.next_case(moderator)

    held = store.desk.hold(
        case.summary.id, moderator, until=clock() + timedelta(hours=5), reason=" asking a lawyer "
    )
    clock.move(hours=4)

    assert held.summary.hold_reason == "asking a lawyer"
    with pytest.raises(CaseTaken):
        store.desk.claim(case.summary.id, colleague)
    renewed = store.desk.claim(case.summary.id, moderator)
    assert renewed.summary.claim_expires_at == held.summary.claim_expires_at
    clock.move(hours=2)
    taken = store.desk.claim(case.summary.id, colleague)
    assert taken.summary.hold_reason is None


def test_a_hold_is_over_a_day_after_it_began(store, chat, ann, moderator, clock):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.next_case(moderator).summary.id
    store.desk.hold(case_id, moderator, until=clock() + timedelta(hours=23), reason="asking")
    clock.move(hours=20)

    with pytest.raises(IllegalMove, match="24 hours"):
        store.desk.hold(case_id, moderator, until=clock() + timedelta(hours=5), reason="still asking")
    store.desk.hold(case_id, moderator, until=clock() + timedelta(hours=3), reason="still asking")


@pytest.mark.parametrize(("hours", "reason"), [(25, "asking"), (0, "asking"), (1, "  "), (1, "x" * 301)])
def test_a_hold_without_a_reason_or_an_end_is_refused(store, chat, ann, moderator, clock, hours, reason):
    chat.prompt(ann, action=Action.BLOCK)
    case = store.desk.next_case(moderator)

    with pytest.raises(StorageError):
        store.desk.hold(case.summary.id, moderator, until=clock() + timedelta(hours=hours), reason=reason)

    assert store.desk.case(case.summary.id, moderator).row_version == case.row_version


def test_a_case_is_handed_to_a_person_with_what_they_should_know(store, chat, ann, moderator, colleague):
    chat.prompt(ann, action=Action.BLOCK)
    case_id = store.desk.next_case(moderator).summary.id

    store.desk.hand_over(case_id, moderator, to=colleague, reason="you speak Korean")

    case = store.desk.claim(case_id, colleague)
    assert (case.summary.claimed_by, case.summary.hold_reason) == (colleague, "you speak Korean")
    with pytest.raises(CaseTaken):
        store.desk.claim(case_id, moderator)
    with pytest.raises(CaseTaken):
        store.desk.hand_over(case_id, moderator, to=moderator, reason="back to me")
    with pytest.raises(NotFound):
        store.desk.hand_over(case_id, colleague, to="nobody", reason="to you")


def test_who_reveals_a_text_is_noted(store, chat, ann, moderator):
    chat.prompt(ann, "my own words", action=Action.BLOCK)
    (summary,) = store.desk.cases()

    case = store.desk.reveal(summary.id, moderator)

    assert case.evidence[-1].text == "my own words"
    assert store.audit.events(1)[0].action == "revealed"
