"""Outlines for drawing: rings of degrees, the view around a country, and where a label has most room."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

View = tuple[float, float, float, float]
"""West, south, east, north, degrees."""


@dataclass(frozen=True)
class Shape:
    """One area with its outline.

    Attributes
    ----------
    id : code by which the pack knows it; empty where it has none.
    name : for the label.
    rings : (point, 2) arrays of longitude and latitude, outer rings and holes alike.
    """

    id: str
    name: str
    rings: tuple[NDArray[np.float64], ...]

    @property
    def bounds(self) -> View:
        """The box around the shape."""
        points = np.concatenate(self.rings)
        (west, south), (east, north) = points.min(0), points.max(0)
        return float(west), float(south), float(east), float(north)


def shapes_of(collection: Mapping[str, Any], id_key: str, name_key: str = "name") -> tuple[Shape, ...]:
    """Return the areas of a GeoJSON feature collection, read into a mapping.

    Parameters
    ----------
    collection : feature collection of Polygon and MultiPolygon geometries.
    id_key, name_key : properties that hold the id and the name.
    """
    shapes = []
    for feature in collection["features"]:
        properties = feature.get("properties") or {}
        rings = tuple(_rings(feature["geometry"]))
        if rings:
            shapes.append(
                Shape(str(properties.get(id_key) or ""), str(properties.get(name_key) or ""), rings)
            )
    return tuple(shapes)


def _rings(geometry: Mapping[str, Any] | None) -> list[NDArray[np.float64]]:
    if geometry is None or geometry["type"] not in ("Polygon", "MultiPolygon"):
        return []
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [np.asarray(ring, dtype=np.float64)[:, :2] for polygon in polygons for ring in polygon]


def view_around(shapes: Sequence[Shape], margin: float) -> View:
    """Return the box around all shapes, widened by `margin` degrees."""
    bounds = np.array([shape.bounds for shape in shapes])
    west, south = bounds[:, :2].min(0) - margin
    east, north = bounds[:, 2:].max(0) + margin
    return float(west), float(south), float(east), float(north)


def meets(shape: Shape, view: View) -> bool:
    """Whether the box around the shape meets the view."""
    west, south, east, north = shape.bounds
    return west < view[2] and east > view[0] and south < view[3] and north > view[1]


def roomy_points(
    shape: Shape, view: View, taken: Sequence[Shape] = (), count: int = 40, most: int = 24
) -> list[tuple[float, float]]:
    """Return points inside the shape and the view, those farthest from any edge first.

    Parameters
    ----------
    taken : shapes to keep away from, where labels of this one must not lie.
    count : points of the search grid along the longer side.
    most : how many points are returned.
    """
    west, south, east, north = (
        max(shape.bounds[0], view[0]), max(shape.bounds[1], view[1]),
        min(shape.bounds[2], view[2]), min(shape.bounds[3], view[3]),
    )  # fmt: skip
    if west >= east or south >= north:
        return []
    step = max(east - west, north - south) / count
    xs, ys = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    points = np.column_stack([xs.ravel(), ys.ravel()])
    points = points[inside(shape, points)]
    for other in taken:
        if len(points) and meets(other, (west, south, east, north)):
            points = points[~inside(other, points)]
    if not len(points):
        return []
    edges = [shape, *(other for other in taken if meets(other, view))]
    room = np.min([_distance(points, each) for each in edges], axis=0)
    to_view = np.minimum.reduce(
        [points[:, 0] - view[0], view[2] - points[:, 0], points[:, 1] - view[1], view[3] - points[:, 1]]
    )
    order = np.argsort(-np.minimum(room, to_view), kind="stable")[:most]
    return [(float(x), float(y)) for x, y in points[order]]


def inside(shape: Shape, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the (point, 2) points lie in the shape; holes are outside (even-odd rule)."""
    odd = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for ring in shape.rings:
        for (x0, y0), (x1, y1) in itertools.pairwise(ring):
            if y0 == y1:
                continue
            crosses = (y0 > y) != (y1 > y)
            odd ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return odd


def _distance(points: NDArray[np.float64], shape: Shape) -> NDArray[np.float64]:
    """Return the distance of each point to the nearest corner of the outline, degrees: fine outlines only."""
    corners = np.concatenate(shape.rings)
    best = np.full(len(points), np.inf)
    for start in range(0, len(corners), 256):
        part = corners[start : start + 256]
        gap = np.hypot(points[:, None, 0] - part[None, :, 0], points[:, None, 1] - part[None, :, 1])
        best = np.minimum(best, gap.min(1))
    return best
