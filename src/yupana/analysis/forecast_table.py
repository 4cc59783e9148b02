"""Forecasts of every variable of the model as one table with its date, whether or not figures will test them.

A forecast is worth something only if it was written down before: the day stays that of the first writing,
for as long as the numbers are the same.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from yupana.analysis.hindcast import forecast
from yupana.analysis.hindcast_figures import Origin
from yupana.core.errors import from_os_error
from yupana.core.files import write_whole
from yupana.fit.driver_paths import VERSIONS
from yupana.results.money import is_money

if TYPE_CHECKING:
    from yupana.results import Result

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
COLUMNS = (
    "variable",
    "place",
    "year",
    "version",
    "p05",
    "p25",
    "p50",
    "p75",
    "p95",
    "unit",
    "made_on",
    "fit",
    "software",
)
DEFAULT_ROOT = "yupana-forecasts"
"""Folder, beside the user, that holds the tables whose file nobody named."""
DATE = COLUMNS.index("made_on")


def forecast_runs(
    origin: Origin, versions: tuple[str, ...], last: int, threads: int = 2
) -> dict[str, Result]:
    """Return the run of each version to the pack's last year.

    Parameters
    ----------
    last : last year whose drivers may be given; later ones walk.
    """
    end = max(last, origin.full.pack.end)
    return {version: forecast(origin, version, last, threads=threads, end=end) for version in versions}


def write_forecasts(origin: Origin, runs: Mapping[str, Result], path: Path, made: str) -> Path:
    """Write the quantiles of every variable after the origin, and return the path.

    Quantiles are of the quantity itself, not of a figure that a source may publish of it; money is real, of
    the pack's year.

    Parameters
    ----------
    runs : version -> run. path : a CSV file, packed where it ends in ``.gz``.
    made : day of the forecast, as ISO; an equal table that lies there keeps its own.
    """
    until = int(origin.until.pack.until or 0)
    rows = [row for version, result in runs.items() for row in _rows(result, version, until, made)]
    if path.is_file() and _but_date(read_forecasts(path)) == _but_date(rows):
        return path
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    data = text.getvalue().encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise from_os_error(fault, "making the folder of the forecasts", path.parent) from fault
    # no time in the packed file: the same table is the same bytes
    write_whole(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def store_forecasts(origin: Origin, last: int, threads: int = 2) -> Path:
    """Write the forecasts of both versions, dated today, to the file of their own, and return its path.

    Parameters
    ----------
    last : as in :func:`forecast_runs`.
    """
    runs = forecast_runs(origin, VERSIONS, last, threads)
    return write_forecasts(origin, runs, default_path(origin, runs), date.today().isoformat())


def default_path(origin: Origin, runs: Mapping[str, Result]) -> Path:
    """Return the file of a table that nobody named: by origin and by the runs behind it."""
    from yupana.core.hashing import content_hash, short_id

    ids = short_id(content_hash({version: result.id for version, result in runs.items()}))
    return Path(DEFAULT_ROOT, f"forecasts-{origin.full.pack.id}-{origin.until.pack.until}-{ids}.csv")


def read_forecasts(path: Path) -> list[list[str]]:
    """Return the rows of a table, without its first line."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.reader(io.StringIO(text)))[1:]


def _but_date(rows: list[list[str]]) -> list[list[str]]:
    return [[*row[:DATE], *row[DATE + 1 :]] for row in rows]


def _rows(result: Result, version: str, until: int, made: str) -> Iterator[list[str]]:
    recipe = result.manifest.recipe
    source = "prior draws" if recipe["prior"] == "pack" else str(recipe["prior"]).removeprefix("fit ")
    if result.drawn.mark == "failed fit":
        source += " (failed gates)"
    software = f"{recipe['software']['yupana']} {recipe['software']['numerics']}"
    columns = result.manifest.columns
    chosen = [(index, year) for index, year in enumerate(result.years) if year > until]
    for _, column, band in result.bands(columns.names, SHARES):
        name, _, rest = column.partition("[")
        unit = columns.owner[column].unit
        if is_money(unit):
            unit += f" of {result.manifest.money['year']}"
        for index, year in chosen:
            values = [_figure(value) for value in band[:, index]]
            yield [name, rest.rstrip("]"), str(year), version, *values, unit, made, source, software]


def _figure(value: float) -> str:
    """Return a number with four figures, in plain digits where it is large."""
    if not np.isfinite(value):
        return ""
    short = f"{value:.4g}"
    return f"{float(short):.0f}" if abs(value) >= 1000 else short
