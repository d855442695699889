import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.certify import (
    Certificate,
    Draw,
    Goal,
    Shortfall,
    certify,
    grid,
    likelihood_ratio,
    lower_bound,
    shortfall,
)

FLOOR = 0.5
draws = st.lists(st.builds(Draw, st.floats(0, 1), st.booleans()), max_size=120)
mostly_right = st.lists(st.builds(Draw, st.floats(0.5, 1), st.integers(0, 12).map(bool)), max_size=300)
counts = st.integers(0, 60)
precisions = st.floats(0.05, 0.99)


def threshold_of(found):
    """The certified threshold, 2 where there is none."""
    return found.threshold if found else 2.0


@given(right=counts, wrong=counts, precision=precisions)
def test_the_ratio_is_the_mean_over_all_better_precisions(right, wrong, precision):
    steps = 2_000
    places = [precision + (1 - precision) * (step + 0.5) / steps for step in range(steps)]

    mean = sum((q / precision) ** right * ((1 - q) / (1 - precision)) ** wrong for q in places) / steps

    assert likelihood_ratio(right, wrong, precision) == pytest.approx(mean, rel=1e-3)


@given(right=counts, wrong=counts, precision=precisions, short=st.floats(0, 1))
def test_the_ratio_does_not_grow_on_average_where_the_precision_is_not_reached(
    right, wrong, precision, short
):
    true = precision * short

    expected = true * likelihood_ratio(right + 1, wrong, precision)
    expected += (1 - true) * likelihood_ratio(right, wrong + 1, precision)

    assert expected <= likelihood_ratio(right, wrong, precision) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("precision", "needed"), [(0.80, (16, 27, 36)), (0.90, (34, 56, 75)), (0.95, (71, 115, 153))]
)
def test_one_threshold_alone_needs_this_many_labels_with_none_one_and_two_wrong(precision, needed):
    for wrong, labels in enumerate(needed):
        assert likelihood_ratio(labels - wrong, wrong, precision) >= 10
        assert likelihood_ratio(labels - wrong - 1, wrong, precision) < 10


def test_many_wrong_labels_are_no_evidence():
    assert likelihood_ratio(280, 120, 0.9) < 0.02


@given(right=counts, wrong=counts, risk=st.floats(0.01, 0.5))
def test_the_lower_bound_is_the_precision_that_the_labels_just_speak_against(right, wrong, risk):
    bound = lower_bound(right, wrong, risk)

    assert 0 <= bound <= right / (right + wrong + 1)
    if bound > 1e-6:
        assert likelihood_ratio(right, wrong, bound * 0.999) * risk >= 1
        assert likelihood_ratio(right, wrong, bound * 1.001) * risk < 1


def test_nothing_found_in_300_audits_says_that_little_is_missed():
    assert lower_bound(300, 0, 0.05) == pytest.approx(0.985, abs=0.0005)


@given(floor=st.floats(0, 0.99))
def test_the_grid_goes_down_to_the_floor_and_looks_at_no_label(floor):
    thresholds = grid(floor)

    assert list(thresholds) == sorted(thresholds, reverse=True)
    assert thresholds[-1] == pytest.approx(floor, abs=1e-4)
    assert all(0 <= threshold <= 1 for threshold in thresholds)


@pytest.mark.parametrize("floor", [-0.1, 1.0, float("nan")])
def test_a_floor_that_no_score_exceeds_is_refused(floor):
    with pytest.raises(ValueError, match="floor"):
        grid(floor)


def test_enough_right_labels_certify_the_floor():
    found = certify([Draw(0.95, True)] * 60, FLOOR)

    assert found == Certificate(FLOOR, found.lower, 60, 0)
    assert 0.9 < found.lower < 1


def test_a_threshold_that_passes_hands_its_share_of_the_risk_down():
    enough_for_one = [Draw(0.99, True)] * 51

    assert certify([*enough_for_one, Draw(0.51, False)], FLOOR).threshold == 0.625
    assert certify([*enough_for_one[:50], Draw(0.51, False)], FLOOR) is None


def test_labels_that_are_right_only_at_high_scores_certify_only_those():
    low = [Draw(0.55, number % 2 == 0) for number in range(60)]

    found = certify([*[Draw(0.9, True)] * 80, *low], FLOOR)

    assert found.threshold == 0.625
    assert (found.labels, found.wrong) == (80, 0)


@pytest.mark.parametrize("labels", [0, 10, 50])
def test_too_few_labels_say_how_many_are_needed(labels):
    drawn = [Draw(0.95, True)] * labels

    assert certify(drawn, FLOOR) is None
    assert shortfall(drawn, FLOOR) == Shortfall(labels, 51)


def test_a_check_that_is_often_wrong_needs_very_many_more_labels():
    found = shortfall([Draw(0.95, number % 2 == 0) for number in range(60)], FLOOR)

    assert found.labels == 60
    assert found.needed > 400


@given(draws)
def test_as_many_right_labels_as_it_says_are_missing_do_certify(drawn):
    found = shortfall(drawn, FLOOR)

    if certify(drawn, FLOOR) is None:
        missing = found.needed - found.labels
        assert missing > 0
        assert certify([*drawn, *[Draw(1.0, True)] * missing], FLOOR) is not None


@given(mostly_right)
def test_what_is_certified_was_observed_to_be_better_than_claimed(drawn):
    found = certify(drawn, FLOOR, Goal(0.8, 0.2))

    if found:
        assert found.wrong / found.labels < 0.2
        assert found.labels == sum(draw.score >= found.threshold for draw in drawn)


@given(mostly_right, st.randoms(use_true_random=False))
def test_the_order_of_the_labels_does_not_matter(drawn, chance):
    shuffled = sorted(drawn, key=lambda _: chance.random())

    assert certify(shuffled, FLOOR) == certify(drawn, FLOOR)


@given(mostly_right, st.floats(0, 0.499))
def test_what_lies_below_the_floor_does_not_count(drawn, score):
    assert certify([*drawn, Draw(score, False)], FLOOR) == certify(drawn, FLOOR)


@given(mostly_right, st.integers(0, 299))
def test_a_label_that_turns_out_right_never_raises_the_threshold(drawn, place):
    better = [Draw(draw.score, draw.is_right or number == place) for number, draw in enumerate(drawn)]

    assert threshold_of(certify(better, FLOOR)) <= threshold_of(certify(drawn, FLOOR))
