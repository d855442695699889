import pytest
import torch

from model.blocks import Cap, Newest, Scaled, attend_in_blocks, attend_together
from model.states import steps_up
from model.views import Masks, View

HEADS, GROUP, SIZE = 2, 3, 16
CAP = Cap(scale=0.25, softcap=5.0)
SCALED = Scaled(scale=0.25)


def text(new, seen, *, dtype=torch.float32, seed=0):
    """Queries of `new` tokens, and buffers of whole steps whose room behind the end is zeros."""
    torch.manual_seed(seed)
    buffers = [torch.zeros(HEADS, steps_up(seen), SIZE, dtype=dtype) for _ in range(2)]
    for buffer in buffers:
        buffer[:, :seen] = torch.randn(HEADS, seen, SIZE)
    return torch.randn(HEADS, GROUP, new, SIZE).to(dtype), *buffers


def attended_token_by_token(query, keys, values, seen, window, scoring=CAP):
    """The plain formula, one token after the other, over what that token sees."""
    rows = []
    for at in range(query.shape[2]):
        end = seen - query.shape[2] + at + 1
        sees = slice(0 if window is None else max(0, end - window), end)
        scores = query[:, :, at] @ keys[:, sees].transpose(1, 2) * scoring.scale
        if scoring is CAP:
            scores = torch.tanh(scores / CAP.softcap) * CAP.softcap
        rows.append((scores.softmax(-1) @ values[:, sees]).flatten(0, 1))
    return torch.stack(rows)


@pytest.mark.parametrize("scoring", [CAP, SCALED])
@pytest.mark.parametrize("window", [None, 5, 64, 300, 4096])
@pytest.mark.parametrize(("new", "seen"), [(2, 2), (16, 256), (63, 300), (128, 128), (129, 257), (300, 700)])
def test_blocks_give_what_each_token_alone_gets(new, seen, window, scoring):
    query, keys, values = text(new, seen)
    expected = attended_token_by_token(query, keys, values, seen, window, scoring)
    output = attend_in_blocks(query, keys, values, scoring, View(seen, window, Masks()))
    torch.testing.assert_close(output, expected)


@pytest.mark.parametrize("sharpness", [1, 8, 30])
def test_scores_rounded_to_bfloat16_lose_less_than_the_eager_attention_does(sharpness):
    query, keys, values = text(64, 2_000, dtype=torch.bfloat16)
    query *= sharpness
    doubled = (part.double() for part in (query, keys, values))
    expected = attended_token_by_token(*doubled, 2_000, None, SCALED)

    output = attend_in_blocks(query, keys, values, SCALED, View(2_000, None, Masks()))

    scores = query @ keys[:, None, :2_000].transpose(2, 3) * SCALED.scale
    weights = (scores + Masks().of(query, 2_000 - 64, 2_000, None)).softmax(-1, dtype=torch.float32)
    eager = (weights.bfloat16() @ values[:, None, :2_000]).flatten(0, 1).transpose(0, 1)
    assert (output - expected).norm() < 0.8 * (eager - expected).norm()
    assert (output - expected).norm() < 0.02 * expected.norm()


def test_no_guess_at_the_largest_score_changes_a_weight():
    query, keys, _ = text(16, 512)
    keys[:, -256:] *= 20
    mask = torch.zeros(16, 512)

    near, far = (SCALED.weights(query, keys, mask, end) for end in (256, 512))

    torch.testing.assert_close(near, far)


@pytest.mark.parametrize("window", [None, 5, 200])
def test_newest_tokens_together_get_what_each_alone_gets(window):
    masks, rows, expected = Masks(), [], []
    for at, seen in enumerate((257, 300, 512)):
        query, keys, values = text(1, seen, seed=at)
        expected.append(attended_token_by_token(query, keys, values, seen, window))
        rows.append(Newest(at, query[:, :, 0], keys, values, View(seen, window, masks)))
    by_length = {}
    for row in rows:
        by_length.setdefault(row.length, []).append(row)
    for together in by_length.values():
        for row, output in zip(together, attend_together(together, CAP), strict=True):
            torch.testing.assert_close(output, expected[row.at])


def test_weights_in_bfloat16_are_the_float32_ones_rounded_once():
    scores = torch.randn(64, 500).bfloat16() * 8
    assert torch.equal(scores.softmax(-1), scores.softmax(-1, dtype=torch.float32).bfloat16())


def test_a_window_leaves_the_steps_before_it_out():
    view = View(1000, 100, Masks())
    assert view.steps(10, 1024) == slice(768, 1024)
    assert View(1000, None, Masks()).steps(10, 1024) == slice(0, 1024)


def test_most_of_the_buffers_is_taken_for_all_of_them_and_less_is_not():
    view = View(700, None, Masks())
    assert view.steps(10, 1024) == slice(0, 1024)
    assert view.steps(10, 1280) == slice(0, 768)
