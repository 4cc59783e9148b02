"""Write the page on what the data decide from a fit.

    .venv/bin/python tools/identification_page.py FIT            print it
    .venv/bin/python tools/identification_page.py FIT --write    write it (minutes)

FIT is the folder or id of a finished fit. One that failed a gate needs --allow-failed, and the page says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from yupana.analysis.identification import identify, open_fit
from yupana.core.errors import YupanaError
from yupana.report.identification_page import identification_markdown

PAGE = Path(__file__).resolve().parent.parent / "docs/explanation/identification.md"
COMMAND = "tools/identification_page.py"


def main(words: Sequence[str]) -> int:
    """Make the page, and print it or write it."""
    parser = argparse.ArgumentParser(description="what the data decide, from a fit")
    parser.add_argument("fit", help="folder or id of a finished fit")
    parser.add_argument("--pack", help="name or folder of its pack")
    parser.add_argument("--draws", type=int, help="at most so many draws")
    parser.add_argument("--allow-failed", action="store_true", help="use a fit that failed a gate")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    asked = parser.parse_args(words)
    try:
        folder, study = open_fit(asked.fit, asked.pack, asked.allow_failed)
        found = identify(folder, study, asked.draws, told=lambda what: print(what, file=sys.stderr))
    except YupanaError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    text = identification_markdown(found, COMMAND)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
