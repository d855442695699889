"""Downloads in a real cache folder, laid out as huggingface_hub lays it out."""

import os
import sys

import pytest

from model import downloads as room
from model.downloads import downloads, remove, snapshot_of
from model.types import ModelError

ID = "google/gemma-2-2b-it"
COMMIT = "a" * 40
OTHER = "b" * 40


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "hub"


@pytest.fixture
def download(cache):
    """Put files into the cache as a download would: blobs, a snapshot pointing to them, a name for it."""

    def put(id=ID, commit=COMMIT, names=("main",), **files):
        folder = cache / f"models--{id.replace('/', '--')}"
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        (folder / "blobs").mkdir(exist_ok=True)
        (folder / "refs").mkdir(exist_ok=True)
        for name, content in (files or {"config_json": b"{}", "model_safetensors": b"w" * 1_000}).items():
            blob = folder / "blobs" / f"{name}-{hash(content)}"
            blob.write_bytes(content)
            (snapshot / name.replace("_json", ".json").replace("_safetensors", ".safetensors")).symlink_to(
                os.path.relpath(blob, snapshot)
            )
        for name in names:
            (folder / "refs" / name).write_text(commit)
        return folder

    return put


def test_without_a_cache_there_is_no_download(cache):
    assert downloads(cache) == ()
    assert snapshot_of(ID, cache) is None


def test_a_download_is_listed_with_its_revisions_and_sizes(cache, download):
    folder = download()

    (found,) = downloads(cache)

    assert (found.id, found.folder, found.has_weights) == (ID, folder, True)
    (revision,) = found.revisions
    assert (revision.commit, revision.names, revision.size) == (COMMIT, ("main",), 1_002)
    assert 1_002 <= found.size < 1_100


def test_files_that_revisions_share_count_once(cache, download):
    download()
    download(commit=OTHER, names=())

    (found,) = downloads(cache)

    assert {revision.commit: revision.names for revision in found.revisions} == {COMMIT: ("main",), OTHER: ()}
    assert found.size < 1_100


def test_a_configuration_alone_is_no_weights(cache, download):
    download(config_json=b"{}")

    assert [one.has_weights for one in downloads(cache)] == [False]


def test_an_unfinished_download_is_listed_with_what_it_takes(cache, download):
    folder = cache / "models--google--gemma-7b"
    (folder / "blobs").mkdir(parents=True)
    (folder / "blobs" / "abc.incomplete").write_bytes(b"w" * 500)

    (found,) = downloads(cache)

    assert (found.id, found.size, found.revisions) == ("google/gemma-7b", 500, ())


def test_data_sets_and_what_is_no_download_are_left_out(cache, download):
    download()
    (cache / "datasets--a--b" / "snapshots").mkdir(parents=True)
    (cache / ".locks").mkdir()
    (cache / "version.txt").write_text("1")

    assert [one.id for one in downloads(cache)] == [ID]


def test_a_cache_that_is_a_file_is_named(tmp_path):
    (tmp_path / "hub").write_text("")

    with pytest.raises(ModelError, match="it must be the folder of the Hugging Face cache"):
        downloads(tmp_path / "hub")


@pytest.mark.parametrize("twin", ["aa/copy", "zz/copy"])
def test_a_removed_download_is_gone_and_its_copy_with_the_same_commits_stays(cache, download, twin):
    folder, other = download(), download(twin)
    download(commit=OTHER, names=())

    removed = remove(ID, cache)

    assert removed.id == ID
    assert not folder.exists()
    assert other.exists()
    assert [one.id for one in downloads(cache)] == [twin]
    assert len(list(other.glob("blobs/*"))) == 2


@pytest.mark.parametrize("rest", ["unfinished", "damaged"])
def test_an_unfinished_or_damaged_download_can_be_removed(cache, download, rest):
    folder = download()
    if rest == "unfinished":
        (folder / "blobs" / "abc.incomplete").write_bytes(b"w")
    else:
        next(folder.glob("blobs/model*")).unlink()

    remove(ID, cache)

    assert not folder.exists()


def test_what_is_not_there_is_not_removed(cache, download):
    download("google/gemma-2b")

    with pytest.raises(ModelError, match=f"'{ID}' is not downloaded.*downloaded: google/gemma-2b"):
        remove(ID, cache)

    assert len(downloads(cache)) == 1


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="this user may delete anything")
def test_a_download_that_may_not_be_deleted_is_named(cache, download):
    folder = download()
    cache.chmod(0o500)
    try:
        with pytest.raises(ModelError, match="could not be removed"):
            remove(ID, cache)
    finally:
        cache.chmod(0o700)

    assert folder.exists()


@pytest.mark.parametrize("id", ["../../etc", "models", "a/../b", "..", "/", ID + "/.."])
def test_only_a_listed_id_can_be_removed(cache, download, id):
    folder = download()

    with pytest.raises(ModelError, match="not downloaded"):
        remove(id, cache)

    assert folder.exists()


def test_a_snapshot_is_found_by_its_configuration_or_its_adapter(cache, download):
    folder = download()
    adapter = download("someone/poet", adapter_config_json=b"{}", adapter_model_safetensors=b"w")
    download("someone/nothing", readme=b"")

    assert snapshot_of(ID, cache) == folder / "snapshots" / COMMIT
    assert snapshot_of("someone/poet", cache) == adapter / "snapshots" / COMMIT
    assert snapshot_of("someone/nothing", cache) is None


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0.00 GiB"), (2**30, "1.00 GiB"), (5 * 2**40, "5,120.00 GiB")]
)
def test_sizes_are_written_for_people(size, said):
    assert room.gib(size) == said
