"""From balance.yaml to a graph: names of groups spelt out, priors looked up, sums put in order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.core.units import canonical, factor, product_factor
from yupana.evidence.reconcile.drawing import arrows_of, nodes_of
from yupana.evidence.reconcile.graph import Graph, Key, Level
from yupana.evidence.reconcile.lines import Line, rows_of
from yupana.evidence.reconcile.priors import PriorBook, sticks_of_weights

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_balance import Balance, Free, LinkEntry

_GRAPHS: dict[tuple[int, int, int, tuple[int, ...]], tuple[tuple[object, ...], Graph]] = {}
_KEPT = 16


@dataclass(frozen=True)
class Meaning:
    """Unit, kind and basis of a quantity."""

    unit: str
    kind: str
    basis: str


def build_graph(pack: Pack, years: tuple[int, ...]) -> Graph:
    """Return the graph of a pack's balance for consecutive years; kept, so that a second call is free.

    Raises
    ------
    DataError
        Y241 where the pack has no balance; Y242 where its balance cannot be built.
    """
    if pack.balance is None:
        raise DataError(
            f"pack {pack.id} declares no balance", code="Y241", where="balance.yaml", expected="a file"
        )
    owners = (pack.balance, pack.priors, pack.places)
    key = (id(owners[0]), id(owners[1]), id(owners[2]), years)
    if key not in _GRAPHS:
        while len(_GRAPHS) >= _KEPT:
            _GRAPHS.pop(next(iter(_GRAPHS)))
        # the owners are kept with the graph, so that no other object can take their id
        _GRAPHS[key] = (owners, Builder(pack, pack.balance, years).graph())
    return _GRAPHS[key][1]


class Builder:
    """Builds one graph; see `build_graph`."""

    def __init__(self, pack: Pack, balance: Balance, years: tuple[int, ...]) -> None:
        self.pack, self.balance, self.years = pack, balance, years
        self.book = PriorBook(pack)
        self.lines: dict[Key, Line] = {}
        self.meanings: dict[str, Meaning] = {}
        self.latents: list[str] = []
        self.leaves: dict[str, list[tuple[float, dict[int, float]]]] = {"log": [], "share": []}
        self.bounds: list[tuple[float, float]] = []
        self.sums: list[list[Line]] = []
        self.share_of: dict[Key, int] = {}
        self.where = ""

    def graph(self) -> Graph:
        """Return the graph."""
        for index, entry in enumerate(self.balance.quantities):
            self.where = f"quantities[{index}]"
            self._free(entry)
        for index, link in enumerate(self.balance.links):
            self.where = f"links[{index}]"
            getattr(self, f"_{link.form}")(link)
        return self._compile()

    # Names ---------------------------------------------------------------------------------------------

    def _elements(self, name: str) -> tuple[str, tuple[str, ...] | None]:
        """Return the base of a name and its elements: of the group in brackets, one, or None."""
        base, _, rest = name.partition("[")
        inside = rest.rstrip("]")
        if not inside:
            return base, None
        return base, self.balance.groups.get(inside, (inside,))

    def _spelt(self, name: str) -> list[tuple[str, str | None]]:
        """Return full names and elements that a name stands for."""
        base, elements = self._elements(name)
        return [(base, None)] if elements is None else [(f"{base}[{item}]", item) for item in elements]

    def _for(self, name: str, element: str | None) -> str | None:
        """Return the full name of `name` for one element; None where its group lacks it."""
        base, elements = self._elements(name)
        if elements is None or element is None:
            return base if elements is None else name
        if len(elements) == 1 and name == f"{base}[{elements[0]}]":
            return name
        return f"{base}[{element}]" if element in elements else None

    def _at(self, name: str, year: int) -> Line:
        if (name, year) not in self.lines:
            base = name.partition("[")[0]
            known = sorted(self.meanings)
            raise self._wrong(
                f"{name!r} is not defined before it is used",
                got=name,
                expected=listing(known, 20),
                fix=did_you_mean(name, known)
                or (f"{base} has other elements" if any(k.startswith(base) for k in known) else None),
            )
        return self.lines[(name, year)]

    def _define(self, name: str, year: int, line: Line, meaning: Meaning) -> None:
        if (name, year) in self.lines:
            raise self._wrong(f"{name!r} is defined twice", got=name, expected="each quantity once")
        self.lines[(name, year)] = line
        self.meanings[name] = meaning

    def _wrong(self, what: str, **parts: Any) -> DataError:
        return DataError(what, code="Y242", where=("balance.yaml", self.where), **parts)

    # Leaves --------------------------------------------------------------------------------------------

    def _latent(self, name: str) -> int:
        self.latents.append(name)
        return len(self.latents) - 1

    def _leaf(self, kind: str, centre: float, weights: dict[int, float]) -> int:
        self.leaves[kind].append((centre, dict(weights)))
        return len(self.leaves[kind]) - 1

    def _free(self, entry: Free) -> None:
        meaning = Meaning(canonical(entry.unit), entry.kind, entry.basis)
        times = (self.years[0] - 1, *self.years) if entry.kind == "stock" else self.years
        for name, element in self._spelt(entry.name):
            prior = self.book.find(entry.prior, element, meaning.unit, self.where)
            weights = {self._latent(name): prior.scale}
            leaf: int | None = None
            for year in times:
                if leaf is None or entry.walk:
                    if leaf is not None:
                        weights[self._latent(f"{name} {year}")] = entry.walk
                    leaf = self._leaf("share" if prior.share else "log", prior.centre, weights)
                    if prior.share:
                        self.bounds.append(prior.bounds)
                self._define(name, year, Line({("in" if prior.share else "log", leaf): 1.0}), meaning)
                if prior.share:
                    self.share_of[(name, year)] = leaf

    # Links ---------------------------------------------------------------------------------------------

    def _factor(self, name: str, unit: str) -> float:
        return math.log(factor(self.meanings[name].unit, unit))

    def _mean(self, link: LinkEntry) -> None:
        assert link.mean is not None
        meaning = Meaning(canonical(link.unit), link.kind, link.basis)
        of = (link.of or ("",))[0]
        for name, element in self._spelt(link.mean):
            stock = self._for(of, element) or of
            for year in self.years:
                half = self._at(stock, year)  # first, so that an unknown name is said to be unknown
                if (stock, year - 1) not in self.lines:
                    raise self._wrong(f"{stock!r} is no stock", got=stock, expected="kind: stock")
                constant = math.log(0.5) + self._factor(stock, meaning.unit)
                halves = [self._at(stock, year - 1).plus(Line(), constant=constant)]
                halves.append(half.plus(Line(), constant=constant))
                self._define(name, year, self._sum_of(halves), meaning)

    def _product(self, link: LinkEntry) -> None:
        assert link.product is not None
        for name, element in self._spelt(link.product):
            times = [self._for(item, element) or item for item in link.of or ()]
            over = [self._for(item, element) or item for item in link.over or ()]
            for year in self.years:
                line = Line()
                for item, sign in (*((x, 1.0) for x in times), *((x, -1.0) for x in over)):
                    line = line.plus(self._at(item, year), sign)
                used = tuple(tuple(self.meanings[x].unit for x in part) for part in (times, over))
                line.constant += math.log(product_factor(used[0], used[1], canonical(link.unit)))
                meaning = Meaning(canonical(link.unit), link.kind, link.basis)
                self._define(name, year, line, meaning)

    def _sum(self, link: LinkEntry) -> None:
        assert link.sum is not None
        spread = self._elements(link.sum)[1] is not None
        for name, element in self._spelt(link.sum):
            parts: list[str] = []
            for item in link.of or ():
                if spread:
                    found = self._for(item, element)
                    parts += [found] if found else []
                else:
                    parts += [full for full, _ in self._spelt(item)]
            if not parts:
                raise self._wrong(f"{name!r} has nothing to add", got=name)
            for year in self.years:
                lines = [self._at(item, year) for item in parts]
                self._check_alike(parts)
                first = self.meanings[parts[0]]
                unit = canonical(link.unit) if link.unit else first.unit
                lines = [
                    line.plus(Line(), constant=self._factor(item, unit))
                    for line, item in zip(lines, parts, strict=True)
                ]
                self._define(
                    name, year, self._sum_of(lines), Meaning(unit, link.kind, link.basis or first.basis)
                )

    def _check_alike(self, parts: Sequence[str]) -> None:
        """Refuse to add quantities of unlike basis or kind."""
        first = self.meanings[parts[0]]
        for item in parts[1:]:
            other = self.meanings[item]
            if (first.basis, first.kind) != (other.basis, other.kind):
                raise DataError(
                    "quantities of unlike basis or kind were to be added",
                    code="Y212",
                    where=("balance.yaml", self.where),
                    got=f"{parts[0]} ({first.basis or 'no basis'}, {first.kind}) and "
                    f"{item} ({other.basis or 'no basis'}, {other.kind})",
                    expected="one basis and one kind",
                )

    def _sum_of(self, lines: list[Line]) -> Line:
        if len(lines) == 1:
            return lines[0]
        self.sums.append(lines)
        return Line({("sum", len(self.sums) - 1): 1.0})

    def _split(self, link: LinkEntry) -> None:
        assert link.split is not None
        if isinstance(link.into, str):
            self._split_by_weight(link, link.into)
            return
        for whole, element in self._spelt(link.split):
            for year in self.years:
                left = self._at(whole, year)
                meaning = self._part_meaning(link, whole)
                for part in link.into or ():
                    name = self._for(part.name, element) or part.name
                    if part.share is None:
                        self._define(name, year, left, meaning)
                        continue
                    share = self._for(part.share, element) or part.share
                    self._at(share, year)
                    leaf = self.share_of.get((share, year))
                    if leaf is None:
                        raise self._wrong(
                            f"{share!r} is no share", got=share, expected="a quantity whose prior is a share"
                        )
                    self._define(name, year, left.plus(Line({("in", leaf): 1.0})), meaning)
                    left = left.plus(Line({("out", leaf): 1.0}))

    def _part_meaning(self, link: LinkEntry, whole: str) -> Meaning:
        of = self.meanings[whole]
        return Meaning(of.unit, link.kind, link.basis or of.basis)

    def _sticks(self, link: LinkEntry, into: str) -> list[tuple[str, str, Line]]:
        """Return name, element and share of each part of a whole that weights split."""
        assert link.weights is not None
        parts = [(name, element or "") for name, element in self._spelt(into)]
        priors = [self.book.find(link.weights, element, None, self.where) for _, element in parts]
        left, found = Line(), []
        for (name, element), stick in zip(parts, sticks_of_weights(priors), strict=False):
            leaf = self._leaf("share", stick.centre, {self._latent(f"{name} stick"): stick.scale})
            self.bounds.append((0.0, 1.0))
            found.append((name, element, left.plus(Line({("in", leaf): 1.0}))))
            left = left.plus(Line({("out", leaf): 1.0}))
        return [*found, (*parts[-1], left)]

    def _split_by_weight(self, link: LinkEntry, into: str) -> None:
        assert link.split is not None
        sticks = self._sticks(link, into)
        for year in self.years:
            whole = self._at(link.split, year)
            for name, _, share in sticks:
                self._define(name, year, whole.plus(share), self._part_meaning(link, link.split))

    def _allot(self, link: LinkEntry) -> None:
        """Each corridor's flow goes to the markets it serves, in proportion to their weights."""
        assert link.allot is not None
        assert isinstance(link.into, str)
        serves = {item.id: item.serves for item in self.pack.places.corridors}
        sticks = self._sticks(link, link.into)
        base = self._elements(link.into)[0]
        among: dict[str, Line] = {}
        for whole, corridor in self._spelt(link.allot):
            reached = [share for _, market, share in sticks if market in serves.get(corridor or "", ())]
            if not reached:
                raise self._wrong(f"{whole!r} reaches no market of {link.into}", got=str(corridor))
            among[whole] = self._sum_of(reached)
        for year in self.years:
            for name, market, share in sticks:
                flows = []
                for whole, corridor in self._spelt(link.allot):
                    if market in serves.get(corridor or "", ()):
                        flow = self._at(whole, year).plus(share).plus(among[whole], -1.0)
                        meaning = self._part_meaning(link, whole)
                        self._define(f"{base}_to_{market}[{corridor}]", year, flow, meaning)
                        flows.append((flow, meaning))
                if not flows:
                    raise self._wrong(f"no corridor serves {market!r}", got=market)
                self._define(name, year, self._sum_of([flow for flow, _ in flows]), flows[0][1])

    # Arrays --------------------------------------------------------------------------------------------

    def _compile(self) -> Graph:
        logs, shares = self.leaves["log"], self.leaves["share"]
        place: dict[tuple[str, int], int] = {}
        for kind, count in (("log", len(logs)), ("in", len(shares)), ("out", len(shares))):
            before = len(place)
            place.update({(kind, i): before + i for i in range(count)})
        levels = self._levels(place)
        spread = np.zeros((len(logs) + len(shares), len(self.latents)))
        for row, (_, weights) in enumerate([*logs, *shares]):
            spread[row, list(weights)] = list(weights.values())
        matrix, constants = rows_of([*self.lines.values()], place, len(place))
        arrows = arrows_of(self.balance, self.meanings)
        bounds = np.array(self.bounds, float).reshape(-1, 2)
        return Graph(
            pack=self.pack.id,
            years=self.years,
            names=tuple(self.lines),
            units={name: meaning.unit for name, meaning in self.meanings.items()},
            kinds={name: meaning.kind for name, meaning in self.meanings.items()},
            bases={name: meaning.basis for name, meaning in self.meanings.items()},
            latents=tuple(self.latents),
            centre=np.array([centre for centre, _ in [*logs, *shares]]),
            spread=spread,
            logs=len(logs),
            low=bounds[:, 0],
            high=bounds[:, 1],
            levels=levels,
            matrix=matrix,
            constants=constants,
            shares={key: (place[("in", i)], place[("out", i)]) for key, i in self.share_of.items()},
            cited=dict(self.book.cited),
            compositions=self._compositions(),
            arrows=arrows,
            nodes=nodes_of(self.pack, arrows),
        )

    def _compositions(self) -> tuple[tuple[int, ...], ...]:
        """Return where the parts of each composition stand, one entry a year."""
        index = {key: at for at, key in enumerate(self.lines)}
        found = []
        for number, names in enumerate(self.balance.compositions):
            self.where = f"compositions[{number}]"
            spelt = [full for name in names for full, _ in self._spelt(name) if full in self.meanings]
            if len(spelt) < 2:
                raise self._wrong("a composition has fewer than two parts", got=", ".join(names))
            found += [tuple(index[(name, year)] for name in spelt) for year in self.years]
        return tuple(found)

    def _levels(self, place: dict[tuple[str, int], int]) -> tuple[Level, ...]:
        """Put sums in order; `place` learns where each stands among the atoms."""
        waiting, levels = dict(enumerate(self.sums)), []
        while waiting:
            ready = [
                index
                for index, lines in waiting.items()
                if all(atom in place for line in lines for atom in line.atoms)
            ]
            known = len(place)
            terms = [line for index in ready for line in waiting[index]]
            matrix, constants = rows_of(terms, place, known)
            groups = np.zeros((len(ready), len(terms)))
            at = 0
            for row, index in enumerate(ready):
                groups[row, at : at + len(waiting[index])] = 1.0
                at += len(waiting.pop(index))
            place.update({("sum", index): known + row for row, index in enumerate(ready)})
            levels.append(Level(matrix, constants, groups))
        return tuple(levels)
