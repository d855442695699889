import math

import numpy as np
import pytest

from safety.figures import au_prc, auroc, calibration_error, f1, recall_at, share

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
