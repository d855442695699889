import math

import numpy as np
import pytest

from safety.figures import au_prc, auroc, bootstrap, calibration_error, f1, recall_at, share, wilson

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.2])
TRUTHS = np.array([True, False, True, False, False])


def test_auroc_counts_the_pairs_in_the_right_order():
    # Of six pairs, only (0.7 harmful, 0.8 harmless) is in the wrong order.
    assert auroc(SCORES, TRUTHS) == pytest.approx(5 / 6)


def test_auroc_counts_a_tie_as_half():
    assert auroc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5


def test_average_precision_is_the_mean_precision_at_each_harmful_text():
    # The harmful texts stand first and third: precision 1/1 and 2/3.
    assert au_prc(SCORES, TRUTHS) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_does_not_depend_on_the_order_of_ties():
    scores = np.array([0.5, 0.5, 0.1])

    first = au_prc(scores, np.array([True, False, False]))
    second = au_prc(scores, np.array([False, True, False]))

    assert first == second == 0.5


def test_recall_is_read_where_no_more_than_the_stated_share_of_harmless_texts_lies_above():
    assert recall_at(0.0, SCORES, TRUTHS) == 0.5
    assert recall_at(0.34, SCORES, TRUTHS) == 1.0


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    found = np.array([True, True, False, False, False])

    # Precision 1/2, recall 1/2.
    assert f1(found, TRUTHS) == 0.5


def test_calibration_error_is_the_gap_between_score_and_share():
    scores = np.array([0.8, 0.8, 0.8, 0.8, 0.1, 0.1])
    truths = np.array([True, True, False, False, False, False])

    # Four texts are off by 0.3 and two by 0.1.
    assert calibration_error(scores, truths) == pytest.approx((4 * 0.3 + 2 * 0.1) / 6)


def test_a_figure_without_one_of_the_kinds_is_not_known():
    harmless = np.array([False, False])
    scores = np.array([0.1, 0.2])

    unknown = [auroc(scores, harmless), au_prc(scores, harmless), recall_at(0.01, scores, harmless)]

    assert all(map(math.isnan, [*unknown, f1(harmless, harmless), share(np.array([], dtype=bool))]))


def test_wilson_holds_the_share_and_narrows_with_more_texts():
    few, many = wilson(1, 4), wilson(100, 400)

    assert few.share == many.share == 0.25
    assert few.low < many.low < 0.25 < many.high < few.high
    assert wilson(0, 300).low == 0
    assert 0.005 < wilson(0, 300).high < 0.02
    assert np.isnan(wilson(0, 0).share)


def test_bootstrap_holds_the_figure_and_is_the_same_each_time():
    random = np.random.default_rng(0)
    truths = random.random(400) < 0.5
    scores = truths + random.normal(size=400)

    once, again = bootstrap(auroc, scores, truths), bootstrap(auroc, scores, truths)

    assert once == again
    assert once.low < once.share == auroc(scores, truths) < once.high
    assert once.high - once.low < 0.15


def test_bootstrap_of_one_kind_knows_nothing():
    one = bootstrap(auroc, np.array([0.1, 0.2]), np.array([False, False]))

    assert np.isnan(one.share) and np.isnan(one.low)
