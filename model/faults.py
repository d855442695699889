"""Why a checkpoint cannot be loaded, in one sentence for the person who starts Bezel."""

from collections.abc import Iterator
from errno import ENOMEM, ENOSPC

import torch
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)


def why(source: str, fault: BaseException, *, has_token: bool) -> str:
    """Say what `fault`, raised while `source` was read, means and what would be right."""
    chain = tuple(_chain(fault))
    page = f"https://huggingface.co/{source}"
    if _is_any(chain, GatedRepoError):
        if has_token:
            return f"{source} is gated, and the account of this token has not accepted its licence at {page}."
        return f"{source} is gated: accept its licence at {page} and set HF_TOKEN to a token of that account."
    if _is_any(chain, RepositoryNotFoundError):
        return f"Hugging Face shows no {source} to this token; check the id at {page}, or set HF_TOKEN."
    if _is_any(chain, LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, ConnectionError):
        return (
            f"{source} is not on this machine and Hugging Face cannot be reached; connect to a network, "
            "or name a folder or bezel-demo."
        )
    if any(isinstance(one, OSError) and one.errno == ENOSPC for one in chain):
        return f"{source} does not fit on the disk; make room, or remove weights that are not needed."
    if _is_any(chain, torch.OutOfMemoryError, MemoryError) or any(map(_lacks_memory, chain)):
        return f"{source} does not fit into memory; choose a smaller checkpoint or precision bfloat16."
    return f"{source!r} cannot be loaded as a Gemma chat checkpoint ({type(fault).__name__})."


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _lacks_memory(fault: BaseException) -> bool:
    """Tell whether memory has run out where torch calls that a RuntimeError and safetensors an OSError."""
    is_refused = isinstance(fault, OSError) and fault.errno == ENOMEM
    said = str(fault).lower()
    return is_refused or any(words in said for words in ("allocate memory", "out of memory"))


def _is_any(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(fault, kinds) for fault in chain)
