"""Compare the rival models of the default pack and write the page on them.

.venv/bin/python tools/compare_models_page.py          compare (long; a stopped one goes on), write the page
.venv/bin/python tools/compare_models_page.py --page   write the page again from the stored comparison
.venv/bin/python tools/compare_models_page.py --check  fail if the page is not what the comparison says
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "rival-models.md"
STORED = ROOT / "docs" / "explanation" / "rival-models.json"
BEGIN, END = "<!-- written by tools/compare_models_page.py -->", "<!-- end of what is written -->"
FIRST, DRAWS, SEED, THREADS = 2008, 512, 1, 2


def main(words: Sequence[str]) -> int:
    """Compare and write, or with --check compare the page."""
    if not {"--page", "--check"} & set(words):
        STORED.write_text(json.dumps(comparison(), indent=1) + "\n", encoding="utf-8")
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n\n{written()}\n\n{END}{rest.split(END)[1]}"
    if new == old:
        return 0
    if "--check" in words:
        print(f"out of date: {PAGE.name}; run tools/compare_models_page.py --page")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    print(f"written: {PAGE.name}")
    return 0


def comparison() -> dict[str, Any]:
    """Return the comparison of all questions; results of a run that was stopped are used."""
    from yupana.analysis import compare_models as cm
    from yupana.analysis import rival_work as rw
    from yupana.cli.common import without_nan
    from yupana.core.settings import DEFAULT_PACK, default
    from yupana.study import load

    until = default("fit_until")
    study = load(DEFAULT_PACK, until=until)
    given = rw.given_draws(study)
    work = rw.Work(study, rw.Request(FIRST, until, DRAWS, SEED), Path(), given, THREADS)
    work = replace(work, folder=ROOT / rw.DEFAULT_ROOT / work.id)
    rw.prepare(work, resume=True, named=True)
    return dict(without_nan(cm.compare(work, _tell).to_json()))


def _tell(what: str, share: float, seconds: float, rest: float | None) -> None:
    more = "" if rest is None else f", about {rest / 60:.0f} min more"
    print(f"{share:.0%} after {seconds / 60:.1f} min{more}: {what}", file=sys.stderr, flush=True)


def written() -> str:
    """Return the part of the page that the stored comparison says."""
    from yupana.evidence import load_pack
    from yupana.report.rival_models_page import rival_models_markdown

    if not STORED.is_file():
        return "No comparison is stored."
    found = json.loads(STORED.read_text(encoding="utf-8"))
    return rival_models_markdown(found, load_pack(found["pack"]).rival_models)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
