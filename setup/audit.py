"""Asks an index of advisories about every installed package, and says plainly about which it knew nothing."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COMMAND = ("-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off")
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2
NOT_ASKED = "No index of advisories could be asked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of the installed packages, in sentences, and the exit status that says the same."""

    status: int
    lines: tuple[str, ...]


def outcome(packages: Sequence[dict[str, Any]]) -> Outcome:
    """Judge what pip-audit found; a package that the index does not know was not audited, and that is said.

    pip-audit itself says "No known vulnerabilities found" even where the index knew none of the packages.
    """
    asked = [one for one in packages if "skip_reason" not in one]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if not asked:
        return Outcome(UNKNOWN, (f"{NOT_ASKED}: the index knew none of {len(packages)} packages.",))
    found = [f"{one['name']} {one['version']}: {_flaw(flaw)}" for one in asked for flaw in one["vulns"]]
    said = f"{len(asked)} of {len(packages)} packages were looked up; {len(found)} known vulnerabilities."
    lines = (*found, said, *((f"Nothing is known of: {', '.join(unknown)}.",) if unknown else ()))
    return Outcome(VULNERABLE if found else CLEAN, lines)


def _flaw(found: dict[str, Any]) -> str:
    return f"{found['id']}, mended in {', '.join(found['fix_versions']) or 'no release'}"


def main() -> int:
    """Audit this environment."""
    done = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True, check=False)
    try:
        judged = outcome(json.loads(done.stdout)["dependencies"])
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        judged = Outcome(UNKNOWN, (f"{NOT_ASKED}: {why}",))
    sys.stdout.write("\n".join(judged.lines) + "\n")
    return judged.status


if __name__ == "__main__":
    sys.exit(main())
