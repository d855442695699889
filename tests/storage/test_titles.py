import pytest

from safety.types import Action
from storage.titles import JudgedTitle, is_title
from storage.types import StorageError

TITLE = "Harm for beginners"


@pytest.fixture
def named(store, chat, ann, verdict):
    """Name a conversation of one turn so, with this verdict; gives its id and whether the title was given."""

    def name(title=TITLE, action=Action.BLOCK):
        conversation_id = chat.reply(ann).conversation_id
        store.rename_conversation(ann, conversation_id, "Mornings")
        return conversation_id, store.name_conversation(
            ann, conversation_id, JudgedTitle(title, verdict(action), 2)
        )

    return name


def title_of(store, owner, conversation_id):
    return store.conversation(owner, conversation_id).title


@pytest.mark.parametrize("action", [Action.ALLOW, Action.REDACT])
def test_a_title_that_passes_is_given_and_opens_no_case(store, ann, named, action):
    conversation_id, was_given = named(action=action)

    assert (was_given, title_of(store, ann, conversation_id)) == (True, TITLE)
    assert store.desk.cases() == ()


@pytest.mark.parametrize(
    ("action", "left", "state", "shown"),
    [
        (Action.FLAG, TITLE, "accepted", TITLE),
        (Action.BLOCK, "Mornings", "blocked", ""),
        (Action.SUPPORT, "Mornings", "blocked", ""),
    ],
)
def test_a_title_that_is_flagged_opens_a_case_with_the_turns_before(  # noqa: PLR0913
    store, ann, named, moderator, action, left, state, shown
):
    conversation_id, was_given = named(action=action)

    case = store.desk.next_case(moderator)
    assert (was_given, title_of(store, ann, conversation_id)) == (bool(shown), left)
    assert (case.summary.clause, case.summary.sources, case.shown) == ("PUP-2.e.iii", ("rules",), shown)
    assert case.summary.severity == 2
    assert [(line.text, line.is_subject) for line in case.evidence] == [
        ("Good morning", False),
        ("Good day", False),
        (TITLE, True),
    ]
    assert case.evidence[-1].state == state and is_title(case.evidence[-1].message_id)
    assert [said.text for said in store.path(ann, conversation_id)] == ["Good morning", "Good day"]


def test_each_title_that_is_flagged_has_a_case_of_its_own(store, ann, named, verdict):
    conversation_id, _ = named("one bad title")

    store.name_conversation(ann, conversation_id, JudgedTitle("another", verdict(Action.BLOCK), 1))

    assert store.desk.waiting() == 2


@pytest.mark.parametrize(
    ("action", "since", "ruling", "left"),
    [
        (Action.FLAG, None, "misuse", ""),
        (Action.FLAG, "Named again", "misuse", "Named again"),
        (Action.FLAG, None, "no_violation", TITLE),
        (Action.FLAG, "Named again", "no_violation", "Named again"),
        (Action.BLOCK, None, "misuse", "Mornings"),
        (Action.BLOCK, None, "no_violation", TITLE),
        (Action.BLOCK, None, "unsure", "Mornings"),
    ],
)
def test_a_decision_takes_a_title_away_or_gives_it_after_all(  # noqa: PLR0913
    store, ann, named, moderator, rule, action, since, ruling, left
):
    conversation_id, _ = named(action=action)
    if since:
        store.rename_conversation(ann, conversation_id, since)

    rule(store.desk.cases()[0].id, moderator, ruling)

    assert title_of(store, ann, conversation_id) == left


def test_a_decision_about_a_title_whose_conversation_is_gone_is_made_and_can_be_read(
    store, ann, named, moderator, rule
):
    conversation_id, _ = named()
    store.delete_conversation(ann, conversation_id)

    rule(store.desk.cases()[0].id, moderator, "misuse")

    (statement,) = store.appeals.statements(ann)
    assert (statement.ruling, is_title(statement.message_id)) == ("misuse", True)


def test_a_title_that_an_appeal_finds_right_is_given_back(store, ann, named, moderator, colleague, rule):
    conversation_id, _ = named(action=Action.FLAG)
    made = rule(store.desk.cases()[0].id, moderator, "misuse")
    assert title_of(store, ann, conversation_id) == ""

    store.appeals.appeal(ann, made.id, "It is the name of a book.")
    rule(store.desk.next_case(colleague).summary.id, colleague, "no_violation")

    assert title_of(store, ann, conversation_id) == TITLE


def test_nothing_of_a_title_that_was_withheld_is_left_outside_its_evidence(store, ann, named):
    named("the words that were withheld")

    assert "withheld" not in str(store.export_person(ann)["conversations"])
    assert store.search(ann, "withheld") == ()


def test_a_title_that_is_too_long_is_refused_and_opens_no_case(store, named):
    with pytest.raises(StorageError, match="title is 201 characters long"):
        named("x" * 201)

    assert store.desk.cases() == ()
