"""However a pack's files are spoilt, checking it ends in a list of problems, never in a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pack_copy import copy_pack

from yupana.core.errors import CODES
from yupana.evidence.checking import check_pack

PIECES = (
    "",
    "\x00",
    "\ud7ff",
    ": ",
    "- ",
    "{",
    "]",
    '"',
    "'",
    "\t",
    "&a *a",
    "!!x",
    "nan",
    ".inf",
    "null",
    "[]",
)
PIECES += (
    "{}",
    "-1",
    "1e999",
    "99999999999999999999",
    "%",
    "@",
    "`",
    "|",
    ">",
    "\n\n",
    "\r",
    "true",
    "~",
    "0x",
    "2010-13",
)


def spoil(root: Path, rng: random.Random) -> str:
    """Change one file at one place; returns what was done."""
    path = rng.choice([p for p in sorted(root.rglob("*")) if p.is_file()])
    raw = path.read_bytes()
    at, width, how = rng.randrange(len(raw) + 1), rng.choice((0, 1, 5, 40)), rng.randrange(5)
    piece = rng.choice(PIECES).encode()
    if how == 0:
        raw = raw[:at]
    elif how == 1:
        raw = raw[:at] + bytes(rng.randrange(256) for _ in range(3)) + raw[at:]
    elif how == 2:
        lines = raw.splitlines(keepends=True)
        line = rng.randrange(len(lines))
        raw = b"".join([*lines[:line], *lines[line + 1 :]] if rng.random() < 0.5 else [*lines, lines[line]])
    else:
        raw = raw[:at] + piece + raw[at + width :]
    path.write_bytes(raw)
    return f"{path.name} at {at}: {how} {piece!r} {width}"


@pytest.mark.parametrize("seed", range(12))
def test_spoilt_packs_end_in_problems(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    for number in range(12):
        root = copy_pack(tmp_path / str(number))
        done = [spoil(root, rng) for _ in range(rng.choice((1, 1, 2)))]
        try:
            report = check_pack(root)
        except Exception as error:
            raise AssertionError(f"{done}: {error!r}") from error
        assert all(problem.code in CODES and str(problem) for problem in report.problems), done
