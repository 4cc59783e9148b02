"""Judge the claims of an article of 2013 as they could be judged at the end of 2012, and as they are now.

.venv/bin/python tools/view_2013.py FIT_TO_2012       audit twice, store both answers, write page and picture
.venv/bin/python tools/view_2013.py FIT_TO_2012 FIT   the same with another fit than the pack's own
.venv/bin/python tools/view_2013.py --page            write page and picture again from what is stored
.venv/bin/python tools/view_2013.py --check           fail if the page is not what is stored

The first fit is made by `yupana fit PACK --until 2012`. A fit that failed a gate needs --allow-failed, and
the page says so. With --no-model and no fit the readings that ask the model stay undetermined.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from yupana.analysis.hindsight import read_back
from yupana.core.errors import YupanaError

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "explanation" / "view-of-2013.md"
STORED = DOCS / "explanation" / "view-of-2013.json"
PICTURE = DOCS / "assets" / "view-of-2013.svg"
BEGIN, END = "<!-- written by tools/view_2013.py -->", "<!-- end of what is written -->"
YEAR = 2012
SILENT = "no fit was asked, and readings that need the model stay undetermined"


def main(words: Sequence[str]) -> int:
    """Audit and write, or with --check compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("then", nargs="?", help=f"fit to {YEAR}, by folder or id")
    parser.add_argument("now", nargs="?", help="fit of all data; by default that of the pack")
    parser.add_argument("--draws", type=int, help="draws of each run")
    parser.add_argument("--allow-failed", action="store_true", help="also a fit that failed a gate")
    parser.add_argument(
        "--no-model", action="store_true", help="readings that ask the model stay undetermined"
    )
    parser.add_argument("--page", action="store_true", help="write the page from what is stored")
    parser.add_argument("--check", action="store_true", help="compare the page with what is stored")
    asked = parser.parse_args(words)
    if not (asked.page or asked.check):
        if (asked.then is None) != asked.no_model:
            parser.error(f"name a fit to {YEAR}, or say --no-model")
        try:
            found = audits(asked.then, asked.now, asked.draws, asked.allow_failed)
        except YupanaError as fault:
            print(fault, file=sys.stderr)
            return fault.exit_code
        STORED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n\n{render(stored)}\n{END}{rest.split(END)[1]}"
    if asked.check:
        if new != old:
            print(f"out of date: {PAGE.name}; run tools/view_2013.py --page")
        return int(new != old)
    draw(stored)
    PAGE.write_text(new, encoding="utf-8")
    print(f"written: {PAGE.name}, {PICTURE.name}")
    return 0


def audits(
    then: str | None, now: str | None, draws: int | None = None, allow_failed: bool = False
) -> dict[str, Any]:
    """Return both audits as plain types, with what they were made from; without `then` no model is asked."""
    from yupana.analysis.audit_pack import audit_pack
    from yupana.analysis.hindsight import look_back
    from yupana.cli.common import without_nan
    from yupana.core.settings import DEFAULT_PACK
    from yupana.study import load

    old, new = load(DEFAULT_PACK, until=YEAR), load(DEFAULT_PACK)
    fits: list[str] = []
    if then is None:
        found = [audit_pack(old.pack), audit_pack(new.pack)]
    else:
        fits = [_fit(old, then, YEAR), _fit(new, now, new.pack.end)]
        with tempfile.TemporaryDirectory() as work:
            found = []
            for study, word in ((old, then), (new, now)):
                run = study.run(
                    draws=draws, end=_last_year(study.pack), out=Path(work, str(len(found))), posterior=word,
                    allow_failed=allow_failed,
                )  # fmt: skip
                found.append(audit_pack(study.pack, lambda run=run: run))
    both = look_back(found[0], found[1], new.pack.ledger)
    made = {"made": date.today().isoformat(), "stamp": view_stamp(new.pack, bool(fits)), "fits": fits}
    return without_nan({**made, **both.to_json()})


def _fit(study: Any, word: str | None, until: int) -> str:
    """Return the id of the fit that a study would draw from.

    Raises
    ------
    UsageError
        Y505 where there is none, or it knows later figures than `until`.
    """
    from yupana.core.errors import UsageError

    draws = study.draws_of(word)
    if draws is None or draws.until > until:
        raise UsageError(
            "the view needs a fit that knows no later figure", code="Y505", got=str(word),
            expected=f"a fit to {until} or earlier",
        )  # fmt: skip
    return draws.fit


def _last_year(pack: Any) -> int:
    """Return the last year that a claim asks the model about."""
    readings = [reading for claim in pack.claims.claims for reading in claim.readings]
    return max(leaf.model.year for each in readings for leaf in each.test.leaves() if leaf.model)


def view_stamp(pack: Any, model: bool = True) -> str:
    """Return the hash of what both answers depend on: evidence and claims, with a model what a fit reads."""
    from yupana.core.hashing import content_hash, hash_files
    from yupana.fit.stamp import SIZE, stamp

    named = ("claims.yaml", "sources.csv", "quantities.yaml")
    files = [file for file in pack.files if file in named or file.startswith("evidence/")]
    parts = {"files": hash_files(pack.path, files), "fit": stamp(pack) if model else None}
    return content_hash(parts)[:SIZE]


def render(stored: dict[str, Any]) -> str:
    """Return the written part of the page."""
    from yupana.report.hindsight_page import hindsight_markdown

    body = hindsight_markdown(read_back(stored), f"../assets/{PICTURE.name}")
    fits = (
        f"with fits `{'` and `'.join(stored['fits'])}`"
        if stored["fits"]
        else f"by the ledger alone: {SILENT}"
    )
    return f"Made on {stored['made']} {fits}.\n\n{body}"


def draw(stored: dict[str, Any]) -> None:
    """Write the picture."""
    from yupana.report.hindsight_page import hindsight_picture
    from yupana.report.save import drawn

    PICTURE.write_bytes(drawn(hindsight_picture(read_back(stored), PICTURE.stem).figure, "svg"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
