"""The whole catalogue against one machine: what each checkpoint needs there, what the chosen one lacks."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from model import catalog
from model.advice import Advice, Host, advise, best
from model.devices import device_of
from model.downloads import Download, downloads, gib
from model.needs import size_of
from model.presets import Wish
from model.types import Checkpoint, ModelError
from model.weights import check_weights


@dataclass(frozen=True, slots=True)
class Survey:
    """Advice on every checkpoint that is known or downloaded, and on the chosen one."""

    host: Host
    source: str
    """The chosen one, as the host named it."""
    chosen: Advice | None
    """None where it cannot be used, and where nothing is known of it before it is downloaded."""
    problems: tuple[str, ...]
    """Why the chosen one cannot be loaded here, a sentence each; empty where nothing speaks against it."""
    all: tuple[Advice, ...]
    suggested: Advice | None
    suggested_with_token: Advice | None
    """What it would be if somebody set a token whose account has accepted every licence."""
    downloads: tuple[Download, ...]


def survey(source: str, host: Host) -> Survey:
    """Look at the catalogue, the downloads and the chosen checkpoint; needs no network, loads no weights."""
    found = downloads()
    here = {one.id for one in found if one.has_weights}
    # What was set for the chosen one binds no other: those are advised as `auto` reads them.
    freely = replace(host, wish=Wish(device=host.wish.device))
    names = (*catalog.known(), *_others(here))
    listed = [advice for name in names if (advice := _advice(name, freely, here)) is not None]
    chosen, problems = _chosen(source, host, here)
    return Survey(
        host=host,
        source=source,
        chosen=chosen,
        problems=problems,
        all=tuple(listed),
        suggested=best(listed),
        suggested_with_token=best(listed, with_token=True),
        downloads=found,
    )


def _others(here: Collection[str]) -> list[str]:
    """The downloaded checkpoints that are in no catalogue."""
    return sorted(set(here) - set(catalog.known()))


def _advice(source: str, host: Host, here: Collection[str]) -> Advice | None:
    """Advise on one checkpoint, or give None for a download that is no Gemma."""
    try:
        return _advised(catalog.describe(source, is_hashed=False), host, here)
    except ModelError:
        return None


def _advised(checkpoint: Checkpoint, host: Host, here: Collection[str]) -> Advice | None:
    shape = catalog.shape_of(checkpoint)
    if shape is None:
        return None
    is_here = checkpoint.id in here or catalog.is_folder(checkpoint.id)
    return advise(checkpoint, size_of(shape), host, is_downloaded=is_here)


def _chosen(source: str, host: Host, here: Collection[str]) -> tuple[Advice | None, tuple[str, ...]]:
    try:
        device_of(host.wish.device)
        checkpoint = catalog.describe(source, is_hashed=False)
        catalog.require_chat(checkpoint)
        if (folder := catalog.place_of(source)) is not None:
            check_weights(folder)
        advice = _advised(checkpoint, host, here)
    except ModelError as error:
        return None, (str(error),)
    return advice, () if advice is None else advice.missing + _too_large(advice)


def _too_large(advice: Advice) -> tuple[str, ...]:
    """Say so where it could never fit; memory that is only taken now is no fault of the setting."""
    if advice.weights <= advice.memory:
        return ()
    return (
        f"{advice.checkpoint.title} takes {gib(advice.weights)} for its weights alone, and this machine has "
        f"{gib(advice.memory)}; choose a smaller checkpoint.",
    )
