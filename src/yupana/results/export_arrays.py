"""Labelled arrays for netCDF and Zarr, written one variable and scenario at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from yupana.results.export import Export
    from yupana.results.selection import Selection

_DRAWS_A_PIECE = 4096


def _axes(export: Export) -> dict[str, NDArray[Any]]:
    """Return the labels of every dimension."""
    result = export.result
    axes: dict[str, NDArray[Any]] = {
        "scenario": np.array(export.scenarios, dtype=object),
        "draw": np.arange(result.draws, dtype=np.int32),
    }
    if export.monthly:
        # first days of months, counted in days: months are no unit of the CF conventions
        first = np.datetime64(f"{result.years[0]}-01")
        months = np.arange(first, first + 12 * len(result.years)).astype("datetime64[D]")
        axes["time"] = (months - months[0]).astype(np.int32)
    else:
        axes["year"] = np.array(result.years, dtype=np.int32)
    for selection in export.selections:
        for dim, places in selection.dims.items():
            axes[dim] = np.array(places, dtype=object)
    return axes


def _variable_name(selection: Selection, taken: set[str]) -> str:
    """Return a name without brackets: those are not allowed everywhere."""
    plain = selection.key.replace("[", "_by_" if selection.dims else "_").replace("]", "").replace(",", "_")
    name = plain
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _dims(export: Export, selection: Selection) -> tuple[str, ...]:
    return ("scenario", "draw", "time" if export.monthly else "year", *selection.dims)


def _attributes(export: Export, selection: Selection) -> dict[str, str]:
    info = selection.info
    return {
        "units": export.unit(selection.columns[0]),
        "long_name": info.meaning,
        "kind": info.kind,
        "yupana_variable": selection.key,
    }


def _pieces(export: Export, selection: Selection) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Yield the scenario's number, the place's number and its values: (draw, time)."""
    for number, scenario in enumerate(export.scenarios):
        for place, column in enumerate(selection.columns):
            (values,) = export.result.values(scenario, [column], export.table, export.money)
            yield number, place, values.T


def _place_index(selection: Selection, place: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(place, selection.shape)) if selection.dims else ()


def _time_attributes(export: Export) -> dict[str, dict[str, str]]:
    first = export.result.years[0]
    return {"time": {"units": f"days since {first}-01-01", "calendar": "standard", "axis": "T"}}


def write_netcdf(export: Export, path: Path) -> None:
    """Write every draw as netCDF-4 by the CF conventions."""
    import h5netcdf
    import h5py

    axes, taken = _axes(export), set()
    dtype = export.result.manifest.recipe["dtype"]
    with h5netcdf.File(path, "w") as file:
        file.attrs.update({"Conventions": "CF-1.11", **export.facts})
        file.dimensions = {dim: len(labels) for dim, labels in axes.items()}
        for dim, labels in axes.items():
            words = labels.dtype == object
            made = file.create_variable(dim, (dim,), h5py.string_dtype() if words else labels.dtype)
            made[...] = labels
            made.attrs.update(_time_attributes(export).get(dim, {}))
            taken.add(dim)
        codes = file.create_variable("code", ("scenario", "draw"), "int16")
        codes[...] = export.result.codes.sel(scenario=list(export.scenarios)).values
        codes.attrs["long_name"] = "result code of the member; 0 is fine"
        taken.add("code")
        for selection in export.selections:
            dims = _dims(export, selection)
            shape = tuple(len(axes[dim]) for dim in dims)
            chunks = (1, min(shape[1], _DRAWS_A_PIECE), shape[2], *(1 for _ in selection.dims))
            made = file.create_variable(
                _variable_name(selection, taken), dims, dtype, fillvalue=np.nan, chunks=chunks,
                compression="gzip", compression_opts=1, shuffle=True,
            )  # fmt: skip
            made.attrs.update(_attributes(export, selection))
            for scenario, place, values in _pieces(export, selection):
                made[(scenario, slice(None), slice(None), *_place_index(selection, place))] = values


def write_zarr(export: Export, path: Path) -> None:
    """Write every draw as a Zarr store of format 3, which xarray opens."""
    import zarr

    axes, taken = _axes(export), set()
    dtype = export.result.manifest.recipe["dtype"]
    group = zarr.open_group(path, mode="w", zarr_format=3, attributes=dict(export.facts))
    for dim, labels in axes.items():
        dtype_of = str if labels.dtype == object else labels.dtype
        made = group.create_array(dim, shape=labels.shape, dtype=dtype_of, dimension_names=(dim,))
        made[...] = labels
        made.attrs.update(_time_attributes(export).get(dim, {}))
        taken.add(dim)
    data = export.result.codes.sel(scenario=list(export.scenarios)).values
    codes = group.create_array("code", shape=data.shape, dtype="int16", dimension_names=("scenario", "draw"))
    codes[...] = data
    taken.add("code")
    for selection in export.selections:
        dims = _dims(export, selection)
        shape = tuple(len(axes[dim]) for dim in dims)
        chunks = (1, min(shape[1], _DRAWS_A_PIECE), shape[2], *(1 for _ in selection.dims))
        made = group.create_array(
            _variable_name(selection, taken), shape=shape, dtype=dtype, chunks=chunks, dimension_names=dims,
            fill_value=np.nan,
        )  # fmt: skip
        made.attrs.update(_attributes(export, selection))
        for scenario, place, values in _pieces(export, selection):
            made[(scenario, slice(None), slice(None), *_place_index(selection, place))] = values
