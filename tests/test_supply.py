"""What Bezel is made of: packages with licences, weights with hashes, nothing that runs when it is read."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from model.catalog import DEMO_FOLDER
from model.types import ModelError
from model.weights import HASHES, check_weights, record_hashes
from safety.types import SafetyError
from safety.weights import WEIGHTS, read_manifest
from setup.audit import CLEAN, UNKNOWN, VULNERABLE, outcome
from setup.licences import LIST, brought, licence_of, listed, normal, required, table

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| ([\w.-]+) \| (\d[\w.+]*) \| (.*) \|$", re.MULTILINE)
# Licences that allow what Bezel does with a package: to install and import it, unchanged.
ALLOWED = re.compile(r"MIT|Apache|BSD|MPL|Mozilla|LGPL|Lesser|ISC|PSF|Python|Zlib|Unlicense")
READERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal", "jsonpickle"}
LOADERS = {"torch.load", "torch.jit.load", "numpy.load", "np.load", "pandas.read_pickle"}
# Goes on with a training, from a file that it wrote itself; it reads tensors and plain values alone.
TRAINING = {"model/demo/train.py": "weights_only"}


def own_code():
    """Every Python file of the project, by its path, with its tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert len(listed) > 200
    return {name: ast.parse((ROOT / name).read_text()) for name in listed if (ROOT / name).is_file()}


def reads_what_may_run(tree):
    """The calls and imports of a file that would read pickled objects."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [name for name in names if name.split(".")[0] in READERS]
        elif isinstance(node, ast.Call):
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if ast.unparse(node.func) in LOADERS:
                found.append(
                    "weights_only" if given.get("weights_only") == "True" else ast.unparse(node.func)
                )
            found += [
                word
                for word, safe in (("allow_pickle", "False"), ("trust_remote_code", "False"))
                if given.get(word, safe) != safe
            ]
    return found


def test_nothing_reads_what_could_run_when_it_is_read():
    found = {name: reads for name, tree in own_code().items() if (reads := reads_what_may_run(tree))}

    assert found == {name: [what] for name, what in TRAINING.items()}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
        "read(x, trust_remote_code=chosen)",
    ],
)
def test_what_could_run_when_it_is_read_is_found(code):
    assert reads_what_may_run(ast.parse(code))


def shipped_weights():
    """Every file of numbers in the repository."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    kinds = (".safetensors", ".onnx", ".npy", ".npz", ".bin", ".gguf", ".model")
    return [ROOT / name for name in names if name.endswith(kinds) and (ROOT / name).is_file()]


def test_every_shipped_file_of_weights_has_a_recorded_hash():
    recorded = {DEMO_FOLDER / line.split("  ")[1] for line in (DEMO_FOLDER / HASHES).read_text().splitlines()}
    recorded |= {WEIGHTS / name for name in read_manifest().files}

    assert len(shipped_weights()) >= 5
    assert [path.name for path in shipped_weights() if path not in recorded] == []


def test_the_shipped_weights_are_those_that_were_recorded():
    check_weights(DEMO_FOLDER)
    manifest = read_manifest()
    for name in manifest.files:
        assert manifest.content(name)


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(DEMO_FOLDER, tmp_path / "weights"))


@pytest.mark.parametrize("name", ["model-00002-of-00003.safetensors", "tokenizer.json", "config.json"])
def test_one_byte_that_differs_keeps_the_bundled_checkpoint_from_loading(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[-1] ^= 1
    (copy / name).write_bytes(content)

    with pytest.raises(ModelError, match=rf"{name} has the sha256 .*; {HASHES} says"):
        check_weights(copy)


def test_a_file_that_is_gone_or_that_nobody_recorded_keeps_it_from_loading(copy):
    sums = copy / HASHES
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "00001-of" not in line))
    with pytest.raises(ModelError, match="00001-of-00003.safetensors has no hash"):
        check_weights(copy)

    sums.write_text("".join(lines))
    (copy / "tokenizer.model").unlink()
    with pytest.raises(ModelError, match="tokenizer.model is missing"):
        check_weights(copy)


def test_hashes_are_written_as_sha256sum_reads_them(copy):
    before = (copy / HASHES).read_text()

    record_hashes(copy)

    assert (copy / HASHES).read_text() == before
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+", line) for line in before.splitlines())


def test_one_byte_that_differs_keeps_a_check_from_loading(tmp_path):
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))
    content = bytearray((folder / "letters.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "letters.safetensors").write_bytes(content)

    with pytest.raises(SafetyError, match="letters.safetensors have sha256"):
        read_manifest(folder).tensors("letters.safetensors")


@pytest.fixture(scope="module")
def rows():
    return {normal(name): (version, licence) for name, version, licence in ROW.findall(LIST.read_text())}


def test_the_list_of_dependencies_is_that_of_requirements_txt(rows):
    named = {normal(one.name): one for one in required()}
    first = LIST.read_text().split("## Brought along")[0]

    assert {normal(name) for name, _, _ in ROW.findall(first)} == set(named)
    stale = [name for name, one in named.items() if not one.specifier.contains(rows[name][0])]
    assert stale == [], "run `python setup/licences.py`"


def test_every_dependency_states_a_licence_that_lets_bezel_use_it(rows):
    assert len(rows) > 60
    assert [name for name, (_, licence) in rows.items() if not ALLOWED.search(licence)] == []


def test_a_list_that_is_written_again_has_the_form_that_is_read():
    written = listed(required())

    assert {name for name, _, _ in ROW.findall(written)} >= {"gradio", "torch", "starlette"}
    assert written.count("## ") == 2


def test_what_an_extra_brings_is_listed_and_what_is_for_another_platform_is_not():
    found = brought(one for one in required() if one.name == "psycopg")

    assert {"psycopg", "psycopg-binary"} <= set(found)
    assert "backports-zoneinfo" not in found
    assert found["psycopg"].licence in table(found.values())


class Stated:
    """A package's metadata."""

    def __init__(self, **stated):
        self.metadata = type("Metadata", (), {"json": stated})


@pytest.mark.parametrize(
    ("stated", "licence"),
    [
        ({"license_expression": "MIT", "license": "other"}, "MIT"),
        ({"classifier": ["License :: OSI Approved :: BSD License", "Topic :: X"]}, "BSD License"),
        ({"license": "Apache-2.0"}, "Apache-2.0"),
        ({"license": "Permission is hereby granted\nto anybody"}, ""),
        ({}, ""),
    ],
)
def test_a_licence_is_read_wherever_a_package_states_it(stated, licence):
    assert licence_of(Stated(**stated)) == licence


FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}
KNOWN = {"name": "one", "version": "1.0", "vulns": []}
FLAWED = KNOWN | {"name": "bad", "vulns": [FLAW]}
UNHEARD = {"name": "other", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "status", "last"),
    [
        ([KNOWN], CLEAN, "1 of 1 packages were looked up; 0 known vulnerabilities."),
        ([KNOWN, UNHEARD], CLEAN, "Nothing is known of: other."),
        ([KNOWN, FLAWED], VULNERABLE, "2 of 2 packages were looked up; 1 known vulnerabilities."),
        (
            [UNHEARD, UNHEARD],
            UNKNOWN,
            "No index of advisories could be asked: the index knew none of 2 packages.",
        ),
        ([], UNKNOWN, "No index of advisories could be asked: the index knew none of 0 packages."),
    ],
)
def test_an_audit_says_what_it_knows_and_what_it_does_not(packages, status, last):
    found = outcome(packages)

    assert (found.status, found.lines[-1]) == (status, last)
    assert (status == VULNERABLE) == (found.lines[0] == "bad 1.0: PYSEC-2026-1, mended in 1.1")
