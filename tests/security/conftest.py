"""One running Bezel for all security tests, and people who call it."""

import pytest
from siege import FUZZED, MODERATOR, besieged


def pytest_terminal_summary(terminalreporter):
    """Say how many inputs the fuzz tests have tried."""
    if FUZZED:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(FUZZED.items()))
        terminalreporter.write_line(f"{sum(FUZZED.values()):,} inputs: {kinds}")


@pytest.fixture(scope="session")
def siege(tmp_path_factory):
    """A running Bezel that records; its model says a clean reply and a violating one in turn."""
    with besieged(tmp_path_factory.mktemp("siege")) as running:
        yield running


@pytest.fixture
def call(siege):
    """Make somebody new; closed at the end."""
    made = []

    def somebody(**options):
        made.append(siege.caller(**options))
        return made[-1]

    yield somebody
    for caller in made:
        caller.close()


@pytest.fixture
def ann(call):
    """A person who has accepted the terms."""
    return call().accept_terms()


@pytest.fixture
def bob(call):
    """Another one."""
    return call().accept_terms()


@pytest.fixture
def mia(call):
    """A moderator who is signed in, in a browser that visits too."""
    return call(moderator=MODERATOR)


@pytest.fixture
def nobody(call):
    """Somebody without any cookie."""
    return call(visitor=False)
