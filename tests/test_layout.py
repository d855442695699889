"""The shape of the code: who may import what, how large things may grow, and what the repository may hold."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.settings import Settings

ROOT = Path(__file__).parent.parent
LONGEST_FUNCTION = 50
LONGEST_FILE = 300
LARGEST_FILE = 9_000_000

OURS = ("app", "benchmarks", "model", "safety", "setup", "storage", "tests")
MAY_IMPORT = {
    "app": ("app", "model", "safety", "storage"),
    "app.py": ("app",),
    "benchmarks": ("app", "benchmarks", "model", "safety", "storage"),
    "model": ("model",),
    "safety": ("safety",),
    "setup": (),
    "storage": ("storage", "model.types", "safety.types"),
}
HEAVY = ("model/", "safety/checks/", "safety/train/", "benchmarks/")
KEPT_TO = {
    "torch": HEAVY,
    "transformers": HEAVY,
    "onnxruntime": HEAVY,
    "sqlalchemy": ("storage/", "benchmarks/"),
    "alembic": ("storage/", "benchmarks/"),
    "gradio": ("app/", "benchmarks/"),
}
# Loading code imports late, to keep torch out of the way of what loads no weights, and so does the command
# line, to keep Gradio out of the way of what opens no page.
MAY_IMPORT_LATE = ("app/commands/__init__.py", "model/engine.py", "model/loading.py")
# Tests of a promise that no single file keeps.
OF_A_WHOLE_ROOM = ("kill", "everyday")
UNMEASURED = ("model/demo/corpus/",)
MACHINE = re.compile(
    r"(?<![\w.~])/(?:home/(?!user\b)|Users/|root/)\w"
    r"|\b[A-Z]:\\Users\\"
    r"|://[\w.-]+\.(?:internal|intranet|corp|lan|local)\b"
)


@dataclass(frozen=True)
class Import:
    """One imported name, in full, and whether it stands inside a function."""

    name: str
    is_late: bool


def imports(path, code):
    """List what this code imports, by statement or by a literal `import_module`."""
    package = path.split("/")[:-1]
    found = []

    def visit(node, is_late):
        for name in _names(node, package):
            found.append(Import(name, is_late))
        inside = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(ast.parse(code, path), False)
    return found


def _names(node, package):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = package[: len(package) - node.level + 1] if node.level else []
        return [".".join([*start, *filter(None, [node.module]), alias.name]) for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = ast.unparse(node.func).split(".")[-1]
        return [str(node.args[0].value)] if called in ("import_module", "__import__") else []
    return []


def faults(path, code):
    """List the imports of this file that the rooms forbid, each with the reason."""
    room = path.split("/")[0]
    found = []
    for imported in imports(path, code):
        library = imported.name.split(".")[0]
        if library in OURS:
            if not any(f"{imported.name}.".startswith(f"{allowed}.") for allowed in MAY_IMPORT[room]):
                found.append(f"{path} imports {imported.name}, which {room} may not")
            if imported.is_late and path not in MAY_IMPORT_LATE:
                found.append(f"{path} imports {imported.name} inside a function")
        elif not path.startswith(KEPT_TO.get(library, "")):
            found.append(f"{path} imports {library}, which only {', '.join(KEPT_TO[library])} may")
    return found


def python_files(*folders):
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted(paths)}


@pytest.fixture(scope="module")
def sources():
    """Our own code outside the tests, by its path."""
    start = {path.name: path.read_text("utf-8") for path in ROOT.glob("*.py")}
    return {**start, **python_files(*(folder for folder in OURS if folder != "tests"))}


@pytest.fixture(scope="module")
def tracked():
    """Every file that git holds or would take in."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this copy of the code is not a git repository")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="module")
def readme():
    return (ROOT / "README.md").read_text("utf-8")


def requirements(name):
    """The lines of a requirements file that name a package, with the remark behind each."""
    lines = (line.partition("#") for line in (ROOT / name).read_text("utf-8").splitlines())
    return {
        Requirement(line): remark.strip()
        for line, _, remark in lines
        if line.strip() and not line.startswith("-r")
    }


def test_no_room_imports_what_it_may_not(sources):
    found = [fault for path, code in sources.items() for fault in faults(path, code)]

    assert found == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("model/engine.py", "from safety.types import Verdict"),
        ("model/engine.py", "import storage"),
        ("safety/guard.py", "from model import types"),
        ("safety/guard.py", "def judge():\n    import_module('model.engine')"),
        ("storage/store.py", "from safety.guard import Guard"),
        ("storage/store.py", "from safety import guard"),
        ("storage/store.py", "import safety"),
        ("app/turn.py", "import benchmarks.engine"),
        ("app/turn.py", "from tests.conftest import eval_data"),
        ("app.py", "import model.engine"),
        ("safety/guard.py", "import torch"),
        ("app/build.py", "from transformers import AutoTokenizer"),
        ("safety/guard.py", "def load():\n    import onnxruntime"),
        ("app/turn.py", "from sqlalchemy.orm import Session"),
        ("storage/store.py", "from gradio import Request"),
        ("app/build.py", "def build():\n    from model.engine import Engine"),
        ("setup/browser.py", "import app.settings"),
    ],
)
def test_an_import_against_the_rules_is_found(path, code):
    assert faults(path, code)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("storage/store.py", "from safety.types import Verdict\nfrom model import types"),
        ("app/turn.py", "from safety.guard import Guard\nfrom model.types import ChatModel"),
        ("app/pages/chat.py", "import gradio as gr\nfrom ..wording import page"),
        ("model/loading.py", "def load():\n    import torch"),
        ("model/loading.py", "def load():\n    from model.weights import read"),
        ("safety/checks/judge.py", "def load():\n    import transformers"),
        ("benchmarks/engine.py", "import torch\nfrom model.engine import Engine"),
        ("storage/tables.py", "from sqlalchemy.orm import Mapped"),
        ("model/loading.py", "import torchless"),
    ],
)
def test_an_import_within_the_rules_is_left_alone(path, code):
    assert faults(path, code) == []


def test_each_module_opens_with_what_it_is_for(sources):
    assert [path for path, code in sources.items() if not ast.get_docstring(ast.parse(code, path))] == []


def test_no_file_outgrows_its_idea(sources):
    sizes = {
        path: len(code.splitlines()) for path, code in sources.items() if not path.startswith(UNMEASURED)
    }

    assert {path: size for path, size in sizes.items() if size > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen(sources):
    sizes = {
        f"{path}:{node.name}": node.end_lineno - node.lineno + 1
        for path, code in sources.items()
        if not path.startswith(UNMEASURED)
        for node in ast.walk(ast.parse(code, path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_the_start_stays_short(sources):
    assert 0 < len(sources["app.py"].splitlines()) < 30


def test_no_module_is_named_as_a_bag_of_things(sources):
    bags = {"utils", "helpers", "common", "manager", "processor", "service", "data", "info"}

    assert [path for path in sources if bags & set(Path(path).with_suffix("").parts)] == []


@pytest.mark.parametrize("room", ["app", "model", "safety", "storage"])
def test_each_test_file_stands_beside_what_it_tests(room):
    sources = {Path(path).with_suffix("") for path in python_files(room)}
    ideas = {part for path in sources for part in path.parts[1:]}.union(OF_A_WHOLE_ROOM)
    tests = [
        Path(path).stem.removeprefix("test_") for path in python_files(f"tests/{room}") if "/test_" in path
    ]

    astray = [name for name in tests if not any(f"_{idea}_" in f"_{name}_" for idea in ideas)]

    assert tests
    assert astray == []


def test_nothing_names_a_path_of_one_machine_or_a_private_host(tracked):
    found = []
    for path in tracked:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(text)]

    assert found == []


@pytest.mark.parametrize(
    "text", ["/root" + "/venv", "'/home" + "/ann/x'", "http://cache" + ".internal/simple"]
)
def test_a_path_of_one_machine_is_found(text):
    assert MACHINE.search(text)


@pytest.mark.parametrize("text", ["/home/user/app", "model/root/x", "https://gradio.app/local", "~/root/x"])
def test_a_path_of_any_machine_is_left_alone(text):
    assert not MACHINE.search(text)


def test_every_file_is_small_enough_for_a_plain_push(tracked):
    assert [path.name for path in tracked if path.stat().st_size > LARGEST_FILE] == []


def test_no_file_can_run_code_when_it_is_loaded(tracked):
    pickles = {".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}

    assert [path.name for path in tracked if path.suffix in pickles] == []


def test_every_requirement_is_pinned_and_gradio_alone_follows_its_releases():
    lines = {**requirements("requirements.txt"), **requirements("requirements-dev.txt")}

    loose = [str(line) for line in lines if not re.fullmatch(r"==[\w.]+", str(line.specifier))]

    assert loose == ["gradio<7,>=6.31"]
    assert "torch==2.13.0" in map(str, lines)


def imported_libraries(sources):
    found = {imported.name.split(".")[0] for path, code in sources for imported in imports(path, code)}
    return found - set(OURS) - set(sys.stdlib_module_names)


def test_every_library_that_the_code_imports_is_required(sources):
    ships = {canonicalize_name(line.name) for line in requirements("requirements.txt")}
    tests = {canonicalize_name(line.name) for line in requirements("requirements-dev.txt")}
    with_gradio = {
        canonicalize_name(Requirement(line).name) for line in importlib.metadata.requires("gradio")
    }
    makers = importlib.metadata.packages_distributions()

    def missing(files, allowed):
        libraries = imported_libraries(files)
        return sorted(
            name for name in libraries if not {canonicalize_name(d) for d in makers.get(name, [])} & allowed
        )

    workshop = ("benchmarks/", "setup/", "safety/train/", "model/demo/")
    serving = [(path, code) for path, code in sources.items() if not path.startswith(workshop)]
    assert missing(serving, ships | with_gradio) == []
    assert missing(sources.items(), ships | with_gradio | tests) == []


def test_every_requirement_is_imported_or_says_what_it_is_for(sources):
    makers = importlib.metadata.packages_distributions()
    imported = {
        canonicalize_name(maker)
        for name in imported_libraries(sources.items())
        for maker in makers.get(name, [])
    }

    idle = [
        line.name
        for line, remark in requirements("requirements.txt").items()
        if canonicalize_name(line.name) not in imported and not remark
    ]

    assert idle == []


def variables():
    """The environment variables that set each setting."""
    prefix = Settings.model_config["env_prefix"]
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        yield str(getattr(alias, "choices", [alias or f"{prefix}{name}"])[0]).upper()


def test_each_setting_has_its_row_in_the_readme(readme):
    table = readme.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0]

    rows = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert sorted(rows) == sorted(variables())


def test_the_readme_opens_with_what_a_space_needs(readme):
    front = dict(re.findall(r"^(\w+): *\"?(.+?)\"?$", readme.split("---")[1], re.MULTILINE))
    (gradio,) = (line for line in requirements("requirements.txt") if line.name == "gradio")

    assert readme.startswith("---\n")
    assert front["sdk"] == "gradio" and front["sdk_version"] in gradio.specifier
    assert front["app_file"] == "app.py" and (ROOT / front["app_file"]).is_file()
    assert front["python_version"] in ("3.11", "3.12", "3.13")
    assert "hf_oauth" not in front


def test_every_file_that_the_readme_links_to_is_there(readme):
    links = re.findall(r"\]\((?!\w+:|#)([^)#]+)", readme)

    assert [link for link in links if not (ROOT / link).exists()] == []
