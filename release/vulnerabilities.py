"""Known vulnerabilities of the locked packages; a database that is not reached says nothing.

Run as ``python -m release.vulnerabilities``: exits 1 for a vulnerability that is not in `ACCEPTED`,
and 0 with a line that begins with SKIPPED where the database cannot be reached. With
``AUDIT_REQUIRE_ADVISORIES`` set, as in the scheduled job, that exits 1 too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from release.lock import LOCK

ACCEPTED: dict[str, str] = {}
"""Id of a vulnerability that is no danger here, and the reason."""
_UNREACHED = re.compile(
    r"could not connect|connection ?error|max retries|timed? ?out|name resolution|unreachable|"
    r"proxyerror|service unavailable",
    re.IGNORECASE,
)


def look_up(lock: Path, more: Sequence[str] = ()) -> tuple[int, str]:
    """Ask the database about every locked package; return the exit status and what to say.

    Parameters
    ----------
    lock : Path
        Requirements with hashes.
    more : sequence of str
        Further arguments of pip-audit.
    """
    command = [
        sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip",
        "--requirement", str(lock), "--vulnerability-service", "osv",
        "--format", "json", "--progress-spinner", "off", *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _failed(done.stderr)
    unseen = [one["name"] for one in packages if "skip_reason" in one]
    if unseen or not packages:
        return 1, f"not looked up: {', '.join(unseen) or 'every package'}"
    found = [(one, each) for one in packages for each in one["vulns"]]
    open_ones = [
        f"{one['name']} {one['version']}: {each['id']}, mended in "
        f"{', '.join(each['fix_versions']) or 'no version'}"
        for one, each in found
        if not {each["id"], *each.get("aliases", ())} & ACCEPTED.keys()
    ]
    if open_ones:
        return 1, "\n".join(open_ones)
    return 0, f"{len(packages)} packages, no known vulnerability but {len(found)} accepted"


def _failed(said: str) -> tuple[int, str]:
    """Tell a database that is not there from any other failure."""
    last = said.strip().splitlines()[-1] if said.strip() else "pip-audit said nothing"
    if not _UNREACHED.search(said):
        return 1, f"vulnerabilities were not looked up: {last}"
    status = 1 if os.environ.get("AUDIT_REQUIRE_ADVISORIES") else 0
    return status, f"SKIPPED: the database of vulnerabilities was not reached ({last})"


if __name__ == "__main__":
    status, text = look_up(LOCK)
    print(text)
    sys.exit(status)
