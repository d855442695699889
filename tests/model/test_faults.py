from errno import ENOMEM, ENOSPC

import pytest
import torch

from model.faults import why


@pytest.mark.parametrize(
    "fault",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        OSError(ENOMEM, "Cannot allocate memory"),
    ],
)
def test_memory_that_runs_out_is_one_sentence_however_it_was_raised(fault):
    assert "does not fit into memory; choose a smaller checkpoint" in why("a/b", fault, has_token=False)


def test_a_full_disk_is_one_sentence():
    said = why("a/b", OSError(ENOSPC, "No space left on device"), has_token=False)

    assert said == "a/b does not fit on the disk; make room, or remove weights that are not needed."


def test_torch_itself_says_what_is_looked_for():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 50)

    assert "does not fit into memory" in why("a/b", raised.value, has_token=False)


def test_a_cause_that_was_wrapped_is_found():
    try:
        try:
            raise MemoryError
        except MemoryError as inner:
            raise ValueError("wrapped") from inner
    except ValueError as fault:
        assert "does not fit into memory" in why("a/b", fault, has_token=False)
