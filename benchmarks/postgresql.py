"""A PostgreSQL of one's own for a while, from the system's package; for the benchmarks and for the tests."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

OLDEST = 15
"""The first version whose databases need no locale of the system to sort as hosts' databases do."""
ABSENT = f"PostgreSQL {OLDEST} or newer is not installed here (Debian and Ubuntu: apt install postgresql)"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
_CARELESS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
# It sorts as a host's database does, not by bytes: what is quick or right by bytes alone then shows. And it
# ends with the process that started it, also where that is killed: then nobody holds the other end of `cat`.
_KEEP = """
"$0/initdb" -D data -U bezel -A trust -E UTF8 --no-sync --locale=C --locale-provider=icu --icu-locale=und \\
    > log 2>&1 && "$0/pg_ctl" -D data -w -l log -o "$1" start > /dev/null && echo ready && cat > /dev/null
"$0/pg_ctl" -D data -w -m immediate stop
cd / && rm -rf "$OLDPWD"
"""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None where there is none that is new enough."""
    named = shutil.which("initdb")
    found = [Path(named).resolve()] if named else []
    found += [path for place in _PLACES for path in Path("/").glob(f"{place[1:]}/initdb")]
    newest = max(found, key=_version, default=None)
    return newest.parent if newest and _version(newest) >= OLDEST else None


def _version(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    named = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(named[1]) if named else 0


class PostgreSQL:
    """A server in a folder of its own, which only a socket in that folder leads to."""

    def __init__(self, within: Path | None = None, *, is_durable: bool = True) -> None:
        """Start it, its folder in this one; one that is not durable is quicker, and good for tests alone."""
        found = programs()
        if found is None:
            raise FileNotFoundError(ABSENT)
        # As root, PostgreSQL refuses to run; a socket's path may hold no more than about 100 characters.
        user = _ordinary_user() if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="bezel-pg-", dir=within))
        if user:
            shutil.chown(self.folder, user)
        options = f"-k {self.folder} -c listen_addresses='' {'' if is_durable else _CARELESS}"
        self._keeper = subprocess.Popen(
            ["sh", "-c", _KEEP, str(found), options],
            user=user,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != b"ready\n":
            log = (self.folder / "log").read_text()
            self.stop()
            raise RuntimeError(f"PostgreSQL did not start: {log}")

    def url(self, name: str) -> str:
        """The address of a database, as `Store.open` takes it."""
        return f"postgresql+psycopg://bezel@/{name}?host={self.folder}"

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """The driver's own connection to a database, each statement a transaction."""
        return psycopg.connect(host=str(self.folder), user="bezel", dbname=name, autocommit=True)

    def run(self, *statements: str) -> None:
        """Run statements that make and drop databases."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def stop(self) -> None:
        """End it and remove its folder."""
        self._keeper.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)


def _ordinary_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
