"""Write constraints.txt anew: the versions that a clean installation resolves to today.

    python3.11 tools/pin.py

Makes a throw-away environment, installs the package and its development tools without constraints, and
writes the names and versions found, without any address. Run it with the oldest Python 3.11 that must work,
which is that of Debian stable (3.11.2): some releases refuse early patches of 3.11, and pins that name them
cannot be installed there.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from start import BIN, PINNED, PYTHON, ROOT, development_needs

LINE = re.compile(r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+$")
HEAD = f"""\
# Versions that the tests passed with, for Python {PINNED} only; tools/start.py hands them to pip there.
# Newer Pythons take what pip resolves from pyproject.toml. Written by tools/pin.py.
"""


def resolve() -> list[str]:
    """Sorted ``name==version`` lines of a clean environment, this package left out."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / BIN.name / PYTHON.name
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        needs = ["--quiet", "--editable", str(ROOT), *development_needs()]
        subprocess.run([str(python), "-m", "pip", "install", *needs], check=True)
        freeze = [str(python), "-m", "pip", "freeze", "--exclude-editable"]
        lines = subprocess.run(freeze, check=True, text=True, capture_output=True).stdout.split()
    odd = [line for line in lines if not LINE.match(line)]
    if odd:
        raise SystemExit(f"these lines carry more than a name and a version: {odd}")
    return sorted(lines, key=str.lower)


def main() -> None:
    """Resolve, then write."""
    if "{}.{}".format(*sys.version_info) != PINNED:
        raise SystemExit(f"run this with Python {PINNED}")
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(resolve()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
