"""Write which priors matter most and are known least, between the marks of a page.

    .venv/bin/python tools/least_known.py             run the draws and write the tables (a minute)
    .venv/bin/python tools/least_known.py --draws 512  with other than 1,024 draws

A prior matters as far as the ranks of its draws and of an output's go together (Spearman); it is known badly
as far as its 95% quantile lies above its 5% quantile. The score is the product of the largest rank
correlation over the outputs and the log of that ratio. Correlations below the noise of the number of tries
count as none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reference import PACK, code, figures, load_pack, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "least-known.md"
BEGIN, END = "<!-- tables: written by tools/least_known.py -->", "<!-- end of tables -->"
OUTPUTS = (
    "drug_homicide_rate",
    "homicide_rate",
    "cocaine_exports",
    "illicit_earnings",
    "organised_crime_earnings",
)
YEAR, SEED, DRAWS = 2012, 1, 1024
ROWS = {"judged": 10, "derived": 5}
NOISE = 4.0  # standard errors: of some four thousand correlations of nothing, one passes in a run of four
HEAD = ("prior", "unit", "5%", "50%", "95%", "known", "rank correlation", "with", "score")


def element(row: dict[str, Any]) -> str:
    """The name of one element of a prior."""
    return f"{row['name']}[{row['element']}]" if row["element"] else row["name"]


def width(row: dict[str, Any]) -> float:
    """Log of the 95% over the 5% quantile; where their signs differ, their distance over the larger."""
    low, high = row["q05"], row["q95"]
    if low > 0.0:
        return float(np.log(high / low))
    return (high - low) / max(abs(low), abs(high))


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, less their mean and of length one; ties do not occur in draws."""
    order = np.argsort(np.argsort(values, axis=-1), axis=-1).astype(float)
    order -= order.mean(-1, keepdims=True)
    return order / np.sqrt((order**2).sum(-1, keepdims=True))


def correlations(draws: int) -> np.ndarray:
    """Rank correlation of every prior element with every output, (element, output)."""
    import yupana
    from yupana.model import build_config
    from yupana.params import PriorSet

    pack = load_pack()
    with tempfile.TemporaryDirectory() as folder:
        study = yupana.load(PACK)
        result = study.run(draws=draws, seed=SEED, end=YEAR, out=Path(folder) / "run", prior=True)
        found = [result[name].sel(scenario="baseline", year=YEAR).to_numpy() for name in OUTPUTS]
    outputs = np.stack(found)
    fine = np.isfinite(outputs).all(0)
    points = PriorSet.from_pack(pack, build_config(pack).dims).points(SEED, 0, draws)
    return ranks(points[:, fine]) @ ranks(outputs[:, fine]).T


def ranked(rows: list[dict[str, Any]], found: np.ndarray, draws: int) -> list[tuple[float, int, int]]:
    """Score, element and output of every prior element that matters, the first first."""
    best = np.abs(found).argmax(1)
    size = np.abs(found[np.arange(len(rows)), best])
    scores = [
        (float(size[i]) * width(row), i, int(best[i]))
        for i, row in enumerate(rows)
        if size[i] > NOISE / np.sqrt(draws - 1.0)
    ]
    return sorted(scores, reverse=True)


def tables(draws: int) -> str:
    """The tables, with what they rest on."""
    from yupana.model import build_config
    from yupana.params import PriorSet

    pack = load_pack()
    rows = PriorSet.from_pack(pack, build_config(pack).dims).table()
    found = correlations(draws)
    scores = ranked(rows, found, draws)
    parts = []
    for pedigree, count in ROWS.items():
        chosen = [entry for entry in scores if rows[entry[1]]["pedigree"] == pedigree][:count]
        lines = [
            (code(element(rows[i])), rows[i]["unit"], *(figures(rows[i][q]) for q in ("q05", "q50", "q95")),
             pedigree, f"{found[i, j]:+.2f}", code(OUTPUTS[j]), f"{score:.2f}")
            for score, i, j in chosen
        ]  # fmt: skip
        parts += [f"### {pedigree.capitalize()}", table(HEAD, lines)]
    note = (
        f"{draws:,} prior draws, seed {SEED}, baseline, {YEAR}; {len(rows):,} prior elements, of which "
        f"{len(scores)} go with an output beyond noise ({NOISE / np.sqrt(draws - 1.0):.2f})."
    )
    return "\n\n".join([*parts, note])


def main(words: Sequence[str]) -> int:
    """Write the tables into the page; the rest of the page is written by hand."""
    parser = argparse.ArgumentParser(description="which priors matter most and are known least")
    parser.add_argument("--draws", type=int, default=DRAWS)
    draws = parser.parse_args(words).draws
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables(draws)}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
