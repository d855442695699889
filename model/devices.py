"""The device that a setting means on this machine."""

import torch

from model.types import ModelError


def device_of(name: str) -> torch.device:
    """Give the device called `name`, or the best for auto; raises ModelError for one that is not here."""
    has_cuda = torch.cuda.is_available()
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if has_cuda else "mps" if has_mps else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ModelError(f"device is {name!r}; it must be auto, cpu, mps, cuda or cuda:N.") from None
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(has_mps)}.get(device.type, 0)
    if (device.index or 0) >= count:
        raise ModelError(f"device is {name!r}, which this machine lacks; auto takes what is there.")
    return device
