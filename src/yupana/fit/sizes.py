"""Sizes of annual shocks move together with the shocks, so that the model's figures stay as they are.

The model reads a shock only as its size times a standard normal number. A size can therefore move while the
numbers of its streams are divided by as much: no figure changes and no run is needed. Without such moves a
size and fifteen numbers that the figures hold in place follow each other slowly (a funnel); with them both
the numbers and the products are ways to move (ancillarity and sufficiency interwoven, Yu and Meng 2011).

References: [yu2011]_.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yupana.fit.space import Space

OF_STREAM = {"planting": "planting_shock_sd", "demand": "demand_shock_sd", "corridor": "corridor_shock_sd"}
OF_GROUP = {"campaign[": "campaign_sd"}
STEPS = (1.0, 0.3, 0.1)  # of random walks, in prior standard deviations


@dataclass(frozen=True)
class Size:
    """A size and the coordinates of the numbers that it multiplies.

    Attributes
    ----------
    name : of the parameter. row : its coordinate. numbers : coordinates of the shocks.
    """

    name: str
    row: int
    numbers: slice


def sizes(space: Space) -> tuple[Size, ...]:
    """Return the sizes of a space; none where its parameters have none."""
    rows = {name: row for row, name in enumerate(space.priors.latent_names)}
    owner = [
        OF_STREAM.get(stream) or next((v for k, v in OF_GROUP.items() if stream.startswith(k)), None)
        for stream in space.streams
    ]
    years, found = len(space.years), []
    for name in dict.fromkeys(filter(None, owner)):
        if name in rows:
            first = owner.index(name)
            last = first + owner.count(name)
            found.append(
                Size(
                    name,
                    rows[name],
                    slice(space.priors.size + first * years, space.priors.size + last * years),
                )
            )
    return tuple(found)


def move_sizes(space: Space, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return particles, (coordinate, particle), whose sizes moved at the same products; figures stay."""
    for size in sizes(space):
        x = x.copy()
        value = space.priors[size.name].distribution.from_normal
        for step in STEPS:
            z, numbers = x[size.row], x[size.numbers]
            proposed = z + step * rng.standard_normal(z.size)
            ratio = value(z[None])[0] / value(proposed[None])[0]
            change = 0.5 * (z**2 - proposed**2) + 0.5 * (1.0 - ratio**2) * (numbers**2).sum(axis=0)
            change += len(numbers) * np.log(ratio)
            taken = np.log(rng.random(z.size)) < change
            x[size.row] = np.where(taken, proposed, z)
            x[size.numbers] = np.where(taken, ratio, 1.0) * numbers
    return x
