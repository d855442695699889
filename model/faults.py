"""Why a checkpoint cannot be loaded, in one sentence for the person who starts Bezel."""

from collections.abc import Iterator

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
    if _is_any(chain, torch.OutOfMemoryError, MemoryError):
        return f"{source} does not fit into memory; choose a smaller checkpoint or precision bfloat16."
    return f"{source!r} cannot be loaded as a Gemma chat checkpoint ({type(fault).__name__})."


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _is_any(chain: tuple[BaseException, ...], *kinds: type[BaseException]) -> bool:
    return any(isinstance(fault, kinds) for fault in chain)
