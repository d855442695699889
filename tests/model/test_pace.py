from model.pace import FIRST, LEAST, MOST, REMEMBERED, Pace


def measured(*, plain, with_piece, read, times=1):
    pace = Pace()
    for _ in range(times):
        pace.measured(plain, decoding=8, read=0)
        pace.measured(with_piece, decoding=8, read=read)
    return pace


def test_a_prompt_is_read_in_large_pieces_when_nobody_decodes():
    assert Pace().piece(0) == MOST
    assert measured(plain=0.1, with_piece=0.2, read=50).piece(0) == MOST


def test_before_anything_is_measured_a_piece_is_small():
    assert Pace().piece(3) == FIRST


def test_pieces_read_beside_nobody_teach_nothing():
    pace = Pace()
    pace.measured(0.1, decoding=1, read=0)
    pace.measured(0.1, decoding=0, read=MOST)

    assert pace.piece(1) == FIRST


def test_a_step_with_a_piece_comes_to_last_less_than_twice_a_step_without():
    pace = Pace()
    for _ in range(20):
        pace.measured(0.100, decoding=8, read=0)
        pace.measured(0.100 + 0.002 * pace.piece(8), decoding=8, read=pace.piece(8))

    assert 34 <= pace.piece(8) <= 35


def test_a_piece_grows_where_more_wait_for_their_first_word_than_for_their_next():
    pace = measured(plain=0.1, with_piece=0.2, read=50)

    assert pace.piece(2, 1) == pace.piece(2, 2) == pace.piece(1)
    assert abs(pace.piece(2, 6) - 3 * pace.piece(2)) <= 3
    assert Pace().piece(2, 6) == 3 * FIRST
    assert Pace().piece(1, 1_000) == MOST


def test_pieces_become_smaller_when_prompt_tokens_become_dearer():
    pace = measured(plain=0.1, with_piece=0.2, read=50)
    before = pace.piece(1)
    for _ in range(REMEMBERED):
        pace.measured(0.5, decoding=1, read=50)

    assert pace.piece(1) < before / 2


def test_one_step_that_was_held_up_changes_nothing():
    pace = measured(plain=0.1, with_piece=0.2, read=50, times=3)
    before = pace.piece(1)
    pace.measured(5.0, decoding=8, read=0)
    pace.measured(5.0, decoding=8, read=before)

    assert abs(pace.piece(1) - before) <= 1


def test_a_piece_is_never_too_small_nor_too_large():
    assert measured(plain=0.01, with_piece=10.0, read=100).piece(1) == LEAST
    assert measured(plain=0.5, with_piece=0.5, read=500).piece(1) == MOST
