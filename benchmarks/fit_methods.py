"""Two fits of one posterior by different methods: do the headline outputs have the same mean and spread?

    python benchmarks/fit_methods.py FIT OTHER [--draws 1024] [--write [TABLE]]

Both fits must be of the pack as it stands, to the same year; TABLE is that of all methods, or that of NUTS.
Differences are in standard deviations of the first fit, with the Monte Carlo error that independent draws as
many as the effective ones would have; that of a spread counts how heavy the tails are (fourth moments). Exit
code 1 where a mean is further off than three of its errors and a fifth of a standard deviation, or a spread
than three errors and a fifth.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

from yupana.core.settings import DEFAULT_PACK
from yupana.fit.store import read_record
from yupana.results.headlines import HEADLINES
from yupana.study import load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
TABLES = ("fit methods", "nuts")
YEARS = (2004, 2008, 2012, 2016)
"""In which outputs are compared, as far as the fits go; their last year too."""
FAR = 0.2
"""Difference that matters: of a mean in standard deviations, of a spread in parts of it."""
ERRORS = 3.0


def outputs(folder: str, draws: int) -> tuple[dict[str, np.ndarray], str]:
    """Return headline outputs by name and year, (draw,), in logs where positive, and what the fit is."""
    until = int(read_record(Path(folder)).recipe["until"])
    study = load(DEFAULT_PACK, until=until)
    known = study.posterior(Path(folder))
    years = sorted({year for year in YEARS if year < until} | {until})
    with tempfile.TemporaryDirectory() as out:
        result = study.run(
            draws=min(draws, known.count), end=until, out=Path(out, "run"), posterior=folder,
            allow_failed=True,
        )  # fmt: skip
        found = {}
        for name in HEADLINES:
            columns = result.select(name).columns
            if len(columns) != 1:
                continue
            values = result.values(result.scenarios[0], list(columns))[0].astype(np.float64)  # (year, draw)
            for year in years:
                row = values[result.years.index(year)]
                found[f"{name} {year}"] = np.log(row) if np.nanmin(row) > 0.0 else row
    return found, known.fit


def effective(folder: str) -> float:
    """Return the least number of effective draws that the fit's gates report, its draws where none does."""
    record = read_record(Path(folder))
    seen = [gate["value"] for gate in record.gates if "effective draws" in gate["name"]]
    return float(min(seen)) if seen else float(record.recipe["draws"])


def rows(one: dict[str, np.ndarray], other: dict[str, np.ndarray], sizes: tuple[float, float]) -> list[tuple]:
    """Return name, difference of means over sd with its error, ratio of sds with its error."""
    found = []
    for name in one:
        a, b = (x[np.isfinite(x)] for x in (one[name], other[name]))
        sd = a.std(ddof=1)
        if not sd > 0.0:
            continue
        ratio = b.std(ddof=1) / sd
        n = min(sizes[0], a.size), min(sizes[1], b.size)
        off = (b.mean() - a.mean()) / sd
        spread = ratio * np.sqrt((_tails(a) - 1.0) / (4.0 * n[0]) + (_tails(b) - 1.0) / (4.0 * n[1]))
        found.append((name, off, np.sqrt(1.0 / n[0] + ratio**2 / n[1]), ratio, spread))
    return found


def _tails(values: np.ndarray) -> float:
    """Return the fourth moment over the square of the second: 3 for a normal."""
    away = values - values.mean()
    return float((away**4).mean() / (away**2).mean() ** 2)


def bad(row: tuple) -> bool:
    """Whether a row's difference is real and matters."""
    _, off, off_error, ratio, ratio_error = row
    return (abs(off) > ERRORS * off_error and abs(off) > FAR) or (
        abs(ratio - 1.0) > ERRORS * ratio_error and abs(ratio - 1.0) > FAR
    )


def main() -> int:
    """Print the comparison; write it into the page where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("fit")
    parser.add_argument("other")
    parser.add_argument("--draws", type=int, default=1024)
    parser.add_argument("--write", nargs="?", const=TABLES[0], choices=TABLES, help="table to write")
    asked = parser.parse_args()
    one, its_name = outputs(asked.fit, asked.draws)
    other, other_name = outputs(asked.other, asked.draws)
    if one.keys() != other.keys():
        print(f"{its_name} and {other_name} go to different years", file=sys.stderr)
        return 2
    found = rows(one, other, (effective(asked.fit), effective(asked.other)))
    lines = [
        f"`{other_name}` against `{its_name}`:",
        "",
        "| output | means apart, sd | error | ratio of sds | error |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [f"| `{n}` | {o:+.2f} | {e:.2f} | {r:.2f} | {f:.2f} |" for n, o, e, r, f in found]
    wrong = [row[0] for row in found if bad(row)]
    apart = ", ".join(wrong) or "none"
    lines += ["", f"Apart by more than three errors and a fifth: {apart} of {len(found)}."]
    text = "\n".join(lines)
    print(text)
    if asked.write:
        page = PAGE.read_text("utf-8")
        first = f"<!-- {asked.write}: written by benchmarks/fit_methods.py -->"
        last = f"<!-- end of {asked.write} -->"
        pattern = re.escape(first) + ".*?" + re.escape(last)
        new = f"{first}\n\n{text}\n\n{last}"
        if not re.search(pattern, page, flags=re.S):
            print(f"no marks for this table in {PAGE.name}", file=sys.stderr)
            return 2
        PAGE.write_text(re.sub(pattern, lambda _: new, page, flags=re.S), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
