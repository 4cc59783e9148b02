"""A finished run as labelled arrays. Opening one reads its manifest and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.drawn import PRIOR, Drawn, posterior
from yupana.core.errors import DataError
from yupana.ensemble.columns import VariableInfo
from yupana.ensemble.manifest import FINISHED, Manifest
from yupana.results.money import check_kind, is_money, money_words, nominal_factors
from yupana.results.quantiles import DEFAULT, check_shares, exact_quantiles
from yupana.results.reading import ChunkReader, resume_command
from yupana.results.selection import Selection, select, select_scenarios

if TYPE_CHECKING:
    import pandas
    import xarray

    from yupana.results.marks import Marks


@dataclass(frozen=True)
class Result:
    """A finished run.

    Attributes
    ----------
    folder : where it is stored.
    manifest : what it says of itself.

    Examples
    --------
    >>> result = Result.open("yupana-runs/ID")  # doctest: +SKIP
    >>> result["coca_area"].sel(year=2010).quantile(0.5, dim="draw")  # doctest: +SKIP
    """

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: str | Path) -> Result:
        """Return the result in a run folder.

        Raises
        ------
        DataError
            Y403 no usable manifest, Y401 another version's, Y112 a run that was not finished.
        """
        path = Path(folder)
        manifest = Manifest.read(path)
        if manifest.status != FINISHED:
            raise DataError(
                "the run is not finished",
                code="Y112",
                where=str(path),
                fix=f"finish it with: {resume_command(manifest, path)}",
            )
        return cls(path, manifest)

    def __repr__(self) -> str:
        """Run, size and folder in one line."""
        names = ", ".join(self.scenarios)
        span = f"{self.years[0]}-{self.years[-1]}"
        return f"<Result {self.id}: {self.draws} draws x {names}, {span}, {self.folder}>"

    @property
    def id(self) -> str:
        """The run's address: a hash of everything that made it."""
        return self.manifest.id

    @property
    def draws(self) -> int:
        """Number of draws, failed ones included."""
        return self.reader.draws

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return self.manifest.scenarios

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years."""
        return self.manifest.years

    @property
    def variables(self) -> tuple[VariableInfo, ...]:
        """Every variable with unit, kind, dimensions and meaning."""
        return self.manifest.columns.variables

    @property
    def dims(self) -> dict[str, tuple[str, ...]]:
        """Places of every dimension."""
        return self.manifest.columns.dims

    @property
    def failed(self) -> dict[str, int]:
        """Number of failed members by scenario; they take no part in any quantile."""
        return {name: int(self.manifest.members[name]["failed"]) for name in self.scenarios}

    @property
    def fitted(self) -> bool:
        """Whether the draws were fitted to data; False for draws from the pack's priors."""
        return self.manifest.recipe["prior"] != "pack"

    @property
    def after_fit(self) -> str | None:
        """What bands of the years after a fit leave out, in a sentence; None where there are none."""
        until = self.fitted_to
        if until is None or self.years[-1] <= until:
            return None
        return (
            f"after {until} nothing was fitted, and bands leave out how far the equations went astray in "
            "earlier forecasts: what is published may lie outside them more often than they say "
            "(`yupana score --form-error`)"
        )

    @property
    def fitted_to(self) -> int | None:
        """Last year of the figures that the draws were fitted to; None for draws from the priors."""
        return self.manifest.about.get("fitted_to")

    @property
    def drawn(self) -> Drawn:
        """What the draws are, in words: of the priors, or of a fit, and which of its gates failed."""
        about = self.manifest.about
        if "draws_marks" in about:
            return Drawn(**about["draws_marks"])
        return posterior(about.get("draws", "posterior draws"), False) if self.fitted else PRIOR

    @cached_property
    def marks(self) -> Marks:
        """How much of each number is prior, by column and year."""
        from yupana.results.marks import read_marks

        return read_marks(self.folder, self.manifest)

    @cached_property
    def reader(self) -> ChunkReader:
        """What reads columns from the run's chunks."""
        return ChunkReader(self.folder, self.manifest)

    @cached_property
    def _fine(self) -> dict[str, NDArray[np.bool_]]:
        return {name: self.reader.fine(name) for name in self.scenarios}

    @cached_property
    def codes(self) -> xarray.DataArray:
        """Result code of every member, dims (scenario, draw); 0 is fine, the manifest explains."""
        import xarray

        data = np.stack([self.reader.codes(name) for name in self.scenarios])
        return xarray.DataArray(data, self._coords(("scenario", "draw")), ("scenario", "draw"), name="code")

    def select(self, key: str) -> Selection:
        """Return the columns and places that `key` means.

        Raises
        ------
        UsageError
            Y107 for an unknown variable, Y108 for an unknown place.
        """
        return select(self.manifest.columns, key)

    def __getitem__(self, key: str) -> xarray.DataArray:
        """Return a variable by year, in real money.

        ``result["coca_area"]`` has the dims (scenario, draw, year), ``result["coca_area[zone]"]`` one more,
        ``result["coca_area[PLACE]"]`` is one place. Failed members are NaN, so that means and quantiles over
        draws leave them out; `codes` says which they are.
        """
        return self.array(key)

    def array(self, key: str, monthly: bool = False, money: str = "real") -> xarray.DataArray:
        """Return a variable with every draw.

        Parameters
        ----------
        key : variable, with a place or dimension in brackets where it has one.
        monthly : by month, with the dimension ``time``, instead of by year.
        money : ``real`` or ``nominal``.

        Returns
        -------
        (scenario, draw, year or time, *places), in ``attrs["unit"]``.
        """
        import xarray

        chosen, table = self.select(key), self.table(monthly)
        time = "time" if monthly else "year"
        dims = ("scenario", "draw", time, *chosen.dims)
        data = np.stack([self.values(name, chosen.columns, table, money) for name in self.scenarios])
        data = np.moveaxis(data, (3, 2, 1), (1, 2, 3)).reshape(*self._shape(data), *chosen.shape)
        return xarray.DataArray(
            data, self._coords(dims, chosen), dims, name=key, attrs=self.attributes(chosen.info, money)
        )

    @staticmethod
    def _shape(data: NDArray[Any]) -> tuple[int, int, int]:
        scenarios, _, times, draws = data.shape
        return scenarios, draws, times

    def monthly(self, key: str, money: str = "real") -> xarray.DataArray:
        """Return a variable by month; the run must have been made with months."""
        return self.array(key, monthly=True, money=money)

    def values(
        self, scenario: str, columns: Sequence[str], table: str = "years", money: str = "real"
    ) -> NDArray[Any]:
        """Return plain values of one scenario: (column, time, draw), NaN where a member failed."""
        values = self.reader.read(scenario, columns, table)
        fine = self._fine[scenario]
        if not fine.all():
            values[..., ~fine] = np.nan
        return self._converted(values, columns, table, money)

    def quantiles(
        self,
        key: str,
        q: Sequence[float] = DEFAULT,
        scenarios: Sequence[str] = (),
        monthly: bool = False,
        money: str = "real",
    ) -> xarray.DataArray:
        """Return exact quantiles over draws, failed members left out.

        Returns
        -------
        (quantile, scenario, year or time, *places) float64, in ``attrs["unit"]``.
        """
        import xarray

        chosen, names = self.select(key), select_scenarios(self.scenarios, scenarios)
        table, shares = self.table(monthly), check_shares(q)
        found = {
            (name, column): band
            for name, column, band in self.bands(chosen.columns, shares, names, table, money)
        }
        stacked = np.array([[found[name, column] for column in chosen.columns] for name in names])
        data = np.moveaxis(stacked, (2, 0, 3, 1), (0, 1, 2, 3))
        data = data.reshape(*data.shape[:3], *chosen.shape)
        dims = ("quantile", "scenario", "time" if monthly else "year", *chosen.dims)
        coords = self._coords(dims, chosen) | {"quantile": list(shares), "scenario": list(names)}
        return xarray.DataArray(data, coords, dims, name=key, attrs=self.attributes(chosen.info, money))

    def bands(
        self,
        columns: Sequence[str],
        q: Sequence[float] = DEFAULT,
        scenarios: Sequence[str] = (),
        table: str = "years",
        money: str = "real",
    ) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
        """Yield scenario, column and quantiles (quantile, time), a few columns in memory at a time."""
        for name in select_scenarios(self.scenarios, scenarios):
            fine = self._fine[name]
            for group in self.reader.groups(columns, 1, table):
                values = self.reader.read(name, group, table)
                for place, column in enumerate(group):
                    kept = values[place] if fine.all() else values[place][:, fine]
                    band = exact_quantiles(kept, q)
                    yield name, column, self._converted(band[None], [column], table, money, last=True)[0]

    def differences(
        self,
        columns: Sequence[str],
        scenario: str,
        against: str,
        q: Sequence[float] = DEFAULT,
        table: str = "years",
        money: str = "real",
    ) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
        """Yield quantiles of the difference draw by draw, and the share of draws in which it is positive.

        Both scenarios saw the same random numbers, so a draw's difference is the effect of the levers in
        that draw. Draws that failed in either scenario are left out.

        Yields
        ------
        column, (quantile, time) in the column's unit, (time,) share.
        """
        select_scenarios(self.scenarios, (scenario, against))
        fine = self._fine[scenario] & self._fine[against]
        for group in self.reader.groups(columns, 2, table):
            one = self.reader.read(scenario, group, table)
            other = self.reader.read(against, group, table)
            for place, column in enumerate(group):
                change = one[place][:, fine].astype(np.float64) - other[place][:, fine]
                share = (change > 0).mean(-1) if change.shape[-1] else np.full(len(change), np.nan)
                band = exact_quantiles(change, q)[None]
                yield column, self._converted(band, [column], table, money, last=True)[0], share

    def bibliography(self, form: str = "bibtex") -> str:
        """Return the sources that the run rests on, each with what it was used for.

        Sources of the rows that its priors cite, its drivers repeat and its scenarios name, and of the
        observations of its variables within its years.

        Parameters
        ----------
        form : ``bibtex`` or ``csl-json``.

        Raises
        ------
        UsageError
            Y109 for another format.
        DataError
            Y262 where the pack is not as it was when the run was made.
        """
        from yupana.results.bibliography import run_bibliography

        return run_bibliography(self, form)

    def sql(self, query: str) -> pandas.DataFrame:
        """Return the answer of DuckDB to `query`.

        Tables: ``years`` (scenario, draw, year, code, one column for each element), ``months`` where stored,
        and ``variables`` (column, key, unit, kind, meaning). Quote names with brackets: ``"coca_area[x]"``.
        """
        from yupana.results.query import query_run

        return query_run(self.reader, query)

    def attributes(self, info: VariableInfo, money: str = "real") -> dict[str, str]:
        """Return unit, kind and meaning of a variable, and its money in words where it counts money."""
        attributes = {"unit": info.unit, "kind": info.kind, "meaning": info.meaning}
        if is_money(info.unit):
            attributes["money"] = money_words(self.manifest.money, check_kind(money))
        return attributes

    def table(self, monthly: bool) -> str:
        """Return the table of chunks that holds years, or months.

        Raises
        ------
        DataError
            Y404 where months were not stored.
        """
        if monthly and "months" not in self.manifest.tables:
            raise DataError(
                "the run holds no months",
                code="Y404",
                where=str(self.folder),
                fix="run the study again with --monthly",
            )
        return "months" if monthly else "years"

    def _converted(
        self, values: NDArray[Any], columns: Sequence[str], table: str, money: str, last: bool = False
    ) -> NDArray[Any]:
        """Turn real money into nominal money where asked for; time is the last axis or the one before."""
        if check_kind(money) == "real":
            return values
        steps = self.reader.times(table) // len(self.years)
        factors = np.repeat(nominal_factors(self.manifest.money, self.years), steps).astype(values.dtype)
        scale = factors if last else factors[:, None]
        owner = self.manifest.columns.owner
        parts = [v * scale if is_money(owner[c].unit) else v for c, v in zip(columns, values, strict=True)]
        return np.stack(parts)

    def _coords(self, dims: Sequence[str], chosen: Selection | None = None) -> dict[str, Any]:
        """Return the labels of `dims`."""
        labels: dict[str, Any] = {
            "scenario": list(self.scenarios),
            "draw": np.arange(self.draws),
            "year": np.array(self.years),
        }
        if "time" in dims:
            first, last = np.datetime64(f"{self.years[0]}-01"), np.datetime64(f"{self.years[-1] + 1}-01")
            labels["time"] = np.arange(first, last).astype("datetime64[ns]")
        for dim, places in (chosen.dims if chosen else {}).items():
            labels[dim] = list(places)
        return {dim: labels[dim] for dim in dims if dim in labels}
