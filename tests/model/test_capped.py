import pytest
import torch

from model.capped import Cap, Newest, attend_in_blocks, attend_together
from model.states import steps_up
from model.views import Masks, View

HEADS, GROUP, SIZE = 2, 3, 16
CAP = Cap(scale=0.25, softcap=5.0)


def text(new, seen, *, dtype=torch.float32, seed=0):
    """Queries of `new` tokens, and buffers of whole steps whose room behind the end is zeros."""
    torch.manual_seed(seed)
    buffers = [torch.zeros(HEADS, steps_up(seen), SIZE, dtype=dtype) for _ in range(2)]
    for buffer in buffers:
        buffer[:, :seen] = torch.randn(HEADS, seen, SIZE)
    return torch.randn(HEADS, GROUP, new, SIZE).to(dtype), *buffers


def attended_token_by_token(query, keys, values, seen, window):
    """The plain formula, one token after the other, over what that token sees."""
    rows = []
    for at in range(query.shape[2]):
        end = seen - query.shape[2] + at + 1
        sees = slice(0 if window is None else max(0, end - window), end)
        scores = query[:, :, at] @ keys[:, sees].transpose(1, 2)
        weights = (torch.tanh(scores * CAP.scale / CAP.softcap) * CAP.softcap).softmax(-1)
        rows.append((weights @ values[:, sees]).flatten(0, 1))
    return torch.stack(rows)


@pytest.mark.parametrize("window", [None, 5, 64, 300, 4096])
@pytest.mark.parametrize(("new", "seen"), [(2, 2), (16, 256), (63, 300), (64, 64), (65, 257), (200, 700)])
def test_blocks_give_what_each_token_alone_gets(new, seen, window):
    query, keys, values = text(new, seen)
    expected = attended_token_by_token(query, keys, values, seen, window)
    output = attend_in_blocks(query, keys, values, CAP, View(seen, window, Masks()))
    torch.testing.assert_close(output, expected)


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
