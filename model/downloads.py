"""Downloaded weights: which checkpoints lie in the Hugging Face cache, how large they are, and removal."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import constants, scan_cache_dir, try_to_load_from_cache
from huggingface_hub.errors import CacheNotFound

from model.types import ModelError

_NAMING = ("config.json", "adapter_config.json")
"""A snapshot with one of these can be described; one with the second alone is an adapter's."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One downloaded commit of a checkpoint, the names it goes by, such as main, and its bytes.

    Files that two revisions share lie on the disk once and count in both.
    """

    commit: str
    names: tuple[str, ...]
    size: int
    has_weights: bool


@dataclass(frozen=True, slots=True)
class Download:
    """What is in the cache for one id; a download that was cut short may have no revision yet."""

    id: str
    folder: Path
    size: int
    """Bytes on the disk, those of an unfinished download too."""
    revisions: tuple[Revision, ...]

    @property
    def has_weights(self) -> bool:
        """Whether any revision holds safetensors; a configuration alone is no checkpoint."""
        return any(revision.has_weights for revision in self.revisions)


def downloads(cache: Path | None = None) -> tuple[Download, ...]:
    """List what is in the cache by id; nothing where there is no cache yet.

    `cache` is the folder that huggingface_hub uses unless given; other programs may use it as well.
    Raises ModelError where it is not a folder.
    """
    place = cache or Path(constants.HF_HUB_CACHE).expanduser()
    try:
        scanned = scan_cache_dir(place).repos
    except CacheNotFound:
        return ()
    except (OSError, ValueError):
        raise ModelError(
            f"{place} cannot be read; it must be the folder of the Hugging Face cache."
        ) from None
    whole = {repo.repo_path.name: repo.revisions for repo in scanned if repo.repo_type == "model"}
    return tuple(
        Download(
            folder.name.removeprefix("models--").replace("--", "/"),
            folder,
            _size_of(folder),
            tuple(
                Revision(
                    revision.commit_hash,
                    tuple(sorted(revision.refs)),
                    revision.size_on_disk,
                    any(file.file_name.endswith(".safetensors") for file in revision.files),
                )
                for revision in sorted(whole.get(folder.name, ()), key=lambda one: one.last_modified)
            ),
        )
        for folder in sorted(place.resolve().glob("models--*"))
        if folder.is_dir()
    )


def remove(id: str, cache: Path | None = None) -> Download:
    """Delete all that the cache holds for `id` and give what it was; raises ModelError where it cannot."""
    there = downloads(cache)
    found = next((one for one in there if one.id == id), None)
    if found is None:
        names = ", ".join(one.id for one in there) or "nothing"
        raise ModelError(f"{id!r} is not downloaded, so there is nothing to remove; downloaded: {names}.")
    if found.revisions:
        scanned = scan_cache_dir(found.folder.parent)
        # A copy of a repository has its commits too, and huggingface_hub takes the first that has one.
        alone = replace(
            scanned, repos=frozenset(one for one in scanned.repos if one.repo_path == found.folder)
        )
        alone.delete_revisions(*(revision.commit for revision in found.revisions)).execute()
    # What is damaged or was cut short is no revision to huggingface_hub; what it cannot delete it only logs.
    shutil.rmtree(found.folder, ignore_errors=True)
    if found.folder.exists():
        raise ModelError(f"{found.folder} could not be removed; this user must be able to write to it.")
    return found


def snapshot_of(id: str, cache: Path | None = None) -> Path | None:
    """Give the folder of the downloaded files that `main` names, or None where none describe a checkpoint."""
    for name in _NAMING:
        path = try_to_load_from_cache(id, name, cache_dir=cache)
        if isinstance(path, str):
            return Path(path).parent
    return None


def gib(size: int) -> str:
    """Write a number of bytes as a person reads it."""
    return f"{size / 2**30:,.2f} GiB"


def _size_of(folder: Path) -> int:
    """Add up the bytes of a repository's files, each once: snapshots point to what lies in blobs."""
    return sum(path.stat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not (path.is_symlink() and "snapshots" in path.relative_to(folder).parts):
            yield path
