from app.live import LiveTurns


def test_a_conversation_is_taken_by_one_turn_until_it_ends():
    turns = LiveTurns(lambda conversation: None)
    live = turns.begin("ann", "c")

    assert turns.begin("ann", "c") is None
    assert turns.is_live("c")
    turns.end(live)

    assert not turns.is_live("c")
    assert turns.begin("ann", "c") is not None


def test_what_is_withdrawn_while_a_turn_runs_is_forgotten_at_once_and_at_its_end():
    forgotten = []
    turns = LiveTurns(forgotten.append)
    live = turns.begin("ann", "c")

    turns.forget("c")
    assert forgotten == ["c"]
    turns.end(live)

    assert forgotten == ["c", "c"]


def test_a_turn_that_withdrew_nothing_leaves_the_model_its_memory():
    forgotten = []
    turns = LiveTurns(forgotten.append)

    turns.end(turns.begin("ann", "c"))

    assert forgotten == []


def test_a_person_stops_their_own_turn_alone():
    turns = LiveTurns(lambda conversation: None)
    live = turns.begin("ann", "c")

    assert not turns.stop("bob", "c")
    assert not live.stop.is_set()
    assert turns.stop("ann", "c")

    assert live.stop.is_set()
    assert turns.of("ann") == (live,)
    assert turns.of("bob") == ()
