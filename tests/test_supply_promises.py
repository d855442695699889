"""The page of promises: every test that it names is there, and it says what pytest said."""

import ast
import re
from pathlib import Path

import pytest

from setup.promises import PAGE, Promise, page, promises, runs_of

ROOT = Path(__file__).parent.parent
RESULTS = """<testsuites><testsuite>
<testcase classname="tests.app.test_a" name="test_it_holds[1]"/>
<testcase classname="tests.app.test_a" name="test_it_holds[2]"><failure>no</failure></testcase>
<testcase classname="tests.app.test_a" name="test_it_holds[3]"><skipped/></testcase>
<testcase classname="tests.app.test_a" name="test_it_ends"><error/></testcase>
</testsuite></testsuites>"""


def test_every_promise_of_the_design_is_listed_with_tests_of_its_own():
    assert len(promises()) == 9
    assert [one.says for one in promises() if len(one.tests) < 4] == []


@pytest.mark.parametrize("promise", promises(), ids=lambda one: one.says.split(":")[0])
def test_every_test_that_a_promise_names_is_there(promise):
    for address in promise.tests:
        file, _, name = address.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if hasattr(node, "name")}, address


def test_the_page_is_that_of_the_promises_and_everything_on_it_passed():
    written = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+) \| \[(.+)\]\(.+\) \| (\d+) \| (\d+) \|$", written, re.MULTILINE)

    runs = {
        f"{file}::test_{name.replace(' ', '_')}": (int(ran), int(passed)) for name, file, ran, passed in rows
    }

    assert page(promises(), runs) == written, "run `python setup/promises.py`"
    assert [address for address, (ran, passed) in runs.items() if not ran == passed > 0] == []


def test_runs_and_passes_are_counted_by_test():
    runs = runs_of(RESULTS)

    assert runs == {"tests/app/test_a.py::test_it_holds": (2, 1), "tests/app/test_a.py::test_it_ends": (1, 0)}
    assert "| it holds | [tests/app/test_a.py](../tests/app/test_a.py) | 2 | 1 |" in page(
        [Promise("It holds: always.", ("tests/app/test_a.py::test_it_holds",))], runs
    )
