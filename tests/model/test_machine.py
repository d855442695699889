"""What is found on the machine that the tests run on; nothing here names a figure of it."""

import torch

from model.machine import PACKAGES, this_machine


def test_this_machine_is_described():
    found = this_machine()

    assert found.cores >= 1
    assert 0 < found.free <= found.memory
    assert len(found.gpus) == torch.cuda.device_count()
    assert all(0 <= gpu.free <= gpu.memory for gpu in found.gpus)
    assert found.has_mps == torch.backends.mps.is_available()


def test_packages_are_named_with_their_versions():
    packages = this_machine().packages

    assert tuple(packages) == PACKAGES
    assert packages["transformers"]
