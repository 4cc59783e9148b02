"""References inside a pack: every id that is named exists, every unit is known, nothing is orphaned."""

from __future__ import annotations

from collections.abc import Iterable

from yupana.core.errors import DataError, YupanaError, located
from yupana.core.names import did_you_mean, listing
from yupana.core.units import canonical, currency_of, factor, is_unit
from yupana.evidence.ledger import Ledger
from yupana.evidence.loading import Draft
from yupana.evidence.reading import Loc
from yupana.evidence.rows import Measurement
from yupana.evidence.schema import PLACE_GROUPS, Places, Quantity
from yupana.evidence.schema_disputes import check_disputes
from yupana.evidence.schema_rival_models import check_rival_models
from yupana.evidence.schema_studies import check_studies

Where = tuple[str, ...]


def check_references(draft: Draft) -> None:
    """Note every reference of a draft that leads nowhere."""
    content = draft.content
    places: Places | None = content.get("places.yaml")
    if places is not None:
        _check_places(draft, places)
    _check_units(draft)
    if "quantities.yaml" in content and places is not None:
        _check_rows(draft, places)
    _check_drivers(draft, places)
    _check_citations(draft)
    _check_accounts(draft)
    check_disputes(draft)
    check_studies(draft)
    check_rival_models(draft)
    if places is not None and "levers.yaml" in content:
        _check_levers(draft, places)
        _check_scenarios(draft, places)


def _refer(draft: Draft, word: str, known: Iterable[str], what: str, where: Where) -> bool:
    """Whether `word` is known; notes the problem where it is not."""
    options = list(known)
    if word in options:
        return True
    draft.note(
        f"unknown {what} {word!r}",
        "Y210",
        where,
        got=word,
        expected=listing(options) or f"a {what}",
        fix=did_you_mean(word, options) or None,
    )
    return False


def _check_places(draft: Draft, places: Places) -> None:
    label = "places.yaml"
    for group in (*PLACE_GROUPS, "countries", "regions"):
        seen: dict[str, int] = {}
        for index, item in enumerate(getattr(places, group)):
            if item.id in seen:
                draft.note(
                    f"{group}: id {item.id!r} is given twice",
                    "Y209",
                    draft.where(label, (group, index, "id")),
                    got=item.id,
                    expected="each id once",
                )
            seen[item.id] = index
    departments = [item.id for item in places.departments]
    markets = [item.id for item in places.markets]
    for index, zone in enumerate(places.zones):
        for department in zone.departments:
            _refer(
                draft,
                department,
                departments,
                "department",
                draft.where(label, ("zones", index, "departments")),
            )
    _check_society(draft, places)
    for index, corridor in enumerate(places.corridors):
        for market in corridor.serves:
            _refer(draft, market, markets, "market", draft.where(label, ("corridors", index, "serves")))
    for group in ("markets", "origins"):
        homes = [item.id for item in getattr(places, group) if item.kind == "home"]
        if len(homes) != 1:
            draft.note(
                f"{group}: exactly one must be of kind home",
                "Y503",
                draft.where(label, (group,)),
                got=listing(homes) or "none",
                expected="one",
            )
    _check_home(draft, places)


def _check_society(draft: Draft, places: Places) -> None:
    """Guards, roles and districts refer to what there is."""
    label = "places.yaml"
    guards = [item.id for item in places.institutions]
    zones = [item.id for item in places.zones]
    for group in ("zones", "corridors"):
        for index, item in enumerate(getattr(places, group)):
            _refer(draft, item.guard, guards, "institution", draft.where(label, (group, index, "guard")))
    for index, district in enumerate(places.districts):
        for zone in district.zones:
            _refer(draft, zone, zones, "zone", draft.where(label, ("districts", index, "zones")))
    for role in ("arrests", "courts", "armed"):
        having = [item.id for item in places.institutions if item.role == role]
        if len(having) != 1:
            draft.note(
                f"institutions: exactly one must have the role {role}",
                "Y503",
                draft.where(label, ("institutions",)),
                got=listing(having) or "none",
                expected="one",
            )


def _check_home(draft: Draft, places: Places) -> None:
    info = draft.content.get("pack.yaml")
    if info is None:
        return
    origins = [item.id for item in places.origins if item.kind == "home"]
    _refer(draft, info.home_origin, origins, "home origin", draft.where("pack.yaml", ("home_origin",)))
    if info.home_country:
        where = draft.where("pack.yaml", ("home_country",))
        _refer(draft, info.home_country, places.all_ids(), "place", where)


def _unit(draft: Draft, unit: str, where: Where) -> bool:
    if is_unit(unit):
        return True
    try:
        canonical(unit)
    except YupanaError as problem:
        draft.note(problem.what, "Y211", where, got=unit, expected=problem.expected, fix=problem.fix)
    return False


def _check_units(draft: Draft) -> None:
    for label in ("goods.yaml", "quantities.yaml", "drivers.yaml", "priors.yaml", "levers.yaml"):
        for index, item in enumerate(draft.content.get(label, ())):
            _unit(draft, item.unit, draft.where(label, (index, "unit")))
            if getattr(item, "absolute_unit", None):
                _unit(draft, item.absolute_unit, draft.where(label, (index, "absolute_unit")))


def _check_rows(draft: Draft, places: Places) -> None:
    quantities = {item.id: item for item in draft.content["quantities.yaml"]}
    sources = {source.id: source for source in draft.content["sources"]}
    known, rows = set(places.all_ids()), draft.content["evidence"]
    resolved = []
    for row in rows:
        where = draft.row_where("evidence", row.id)
        if not draft.knows("sources", row.source):
            _refer(draft, row.source, draft.ids.get("sources", ()), "source", (*where, "column source"))
        if row.place not in known:
            _refer(draft, row.place, places.all_ids(), "place", (*where, "column place"))
        for parent in row.derived_from:
            if not draft.knows("evidence", parent):
                names = [r.id for r in rows]
                _refer(draft, parent, names, "row", (*where, "column derived_from"))
        if _refer(draft, row.quantity, quantities, "quantity", (*where, "column quantity")):
            row = _resolve(draft, row, quantities[row.quantity], where)
        resolved.append(row)
    draft.content["evidence"] = resolved
    _check_circles(draft, Ledger(resolved, sources))


def _resolve(draft: Draft, row: Measurement, quantity: Quantity, where: Where) -> Measurement:
    """The row with what it leaves to its quantity filled in; notes what does not fit the quantity."""
    if row.kind != quantity.kind:
        draft.note(
            "the row's kind is not its quantity's",
            "Y207",
            (*where, "column kind"),
            got=row.kind,
            expected=quantity.kind,
        )
    if _unit(draft, row.unit, (*where, "column unit")) and is_unit(quantity.unit):
        _check_same_dimension(draft, row, quantity, where)
    if isinstance(row.value, str) and quantity.kind != "text":
        draft.note(
            "the value is not a number",
            "Y219",
            (*where, "column value"),
            got=row.value,
            expected=f"a number in {row.unit}, without thousands separators",
        )
    basis, account = (
        row.basis or next(iter(quantity.basis), ""),
        row.account or next(iter(quantity.account), ""),
    )
    for column, value, allowed in (("basis", basis, quantity.basis), ("account", account, quantity.account)):
        if value and value not in allowed:
            draft.note(
                f"{column} {value!r} is not one of {quantity.id}",
                "Y207",
                (*where, f"column {column}"),
                got=value,
                expected=listing(allowed) or f"no {column}",
                fix=did_you_mean(value, allowed)
                or f"correct the row, or allow it in quantities.yaml under {quantity.id}",
            )
    if (basis, account) == (row.basis, row.account):
        return row
    return row.model_copy(update={"basis": basis, "account": account})


def _check_same_dimension(draft: Draft, row: Measurement, quantity: Quantity, where: Where) -> None:
    # Rows may be in local money: the currency is exchanged later, with the rate of the row's year.
    unit, reference = row.unit, quantity.unit
    if canonical(unit).endswith("/USD") and canonical(reference).endswith("/USD"):
        return  # a rate of exchange, of whatever currency
    mine, theirs = currency_of(unit), currency_of(reference)
    if mine and theirs and mine != theirs:
        unit = canonical(unit).replace(mine, theirs)
    try:
        factor(unit, reference)
    except DataError as problem:
        draft.note(
            "the row's unit does not measure its quantity",
            "Y212",
            (*where, "column unit"),
            got=f"{row.unit}: {problem.got}",
            expected=f"{quantity.unit}: {problem.expected}",
            fix="correct the unit or the quantity",
        )


def _check_circles(draft: Draft, ledger: Ledger) -> None:
    reported: set[frozenset[str]] = set()
    for row in ledger:
        try:
            ledger.ancestors(row.id)
        except DataError as problem:
            circle = frozenset((problem.got or "").split(" <- "))
            if circle not in reported:
                reported.add(circle)
                draft.note(problem.what, "Y221", draft.row_where("evidence", row.id), got=problem.got)


def _check_drivers(draft: Draft, places: Places | None) -> None:
    drivers = {item.id: item for item in draft.content.get("drivers.yaml", ())}
    elements = dimension_elements(places) if places is not None else {}
    for index, driver in enumerate(drivers.values()):
        if driver.over and places is not None:
            _refer(draft, driver.over, elements, "dimension", draft.where("drivers.yaml", (index, "over")))
    for row in draft.content["drivers"]:
        where = draft.row_where("drivers", f"{row.driver}/{row.place}/{row.year}/{row.known}")
        if "drivers.yaml" in draft.content and _refer(
            draft, row.driver, drivers, "driver", (*where, "column driver")
        ):
            driver = drivers[row.driver]
            if _unit(draft, row.unit, (*where, "column unit")) and is_unit(driver.unit):
                _check_driver_unit(draft, row.unit, driver.unit, where)
            if driver.over in elements:
                _refer(draft, row.place, elements[driver.over], driver.over, (*where, "column place"))
        if row.evidence and not draft.knows("evidence", row.evidence):
            names = [r.id for r in draft.content["evidence"]]
            _refer(draft, row.evidence, names, "row", (*where, "column evidence"))


def _check_driver_unit(draft: Draft, unit: str, reference: str, where: Where) -> None:
    try:
        factor(unit, reference)
    except DataError:
        draft.note(
            "the row's unit is not its driver's",
            "Y212",
            (*where, "column unit"),
            got=unit,
            expected=reference,
        )


def contest_places(places: Places) -> tuple[str, ...]:
    """Ids of everything that groups can contest: zones, classes of exit, the market at home, districts."""
    home = next(item.id for item in places.markets if item.kind == "home")
    return (
        *(item.id for item in places.zones),
        *(item.id for item in places.corridors),
        home,
        *(item.id for item in places.districts),
    )


def dimension_elements(places: Places) -> dict[str, tuple[str, ...]]:
    """Ids of the elements of every dimension that places.yaml defines."""
    return {
        "zone": tuple(item.id for item in places.zones),
        "corridor": tuple(item.id for item in places.corridors),
        "market": tuple(item.id for item in places.markets),
        "foreign_market": tuple(item.id for item in places.markets if item.kind == "abroad"),
        "origin": tuple(item.id for item in places.origins),
        "rival": tuple(item.id for item in places.origins if item.kind == "rival"),
        "tier": tuple(item.id for item in places.tiers),
        "department": tuple(item.id for item in places.departments),
        "institution": tuple(item.id for item in places.institutions),
        "district": tuple(item.id for item in places.districts),
        "city": tuple(item.id for item in places.cities),
        "buyer": tuple(item.id for item in places.buyers),
        "trade": tuple(item.id for item in places.trades),
        "contest": contest_places(places),
    }


def _check_citations(draft: Draft) -> None:
    """Rows that priors, goods and checks cite exist."""
    cited: list[tuple[str, Loc, Iterable[str]]] = []
    for index, prior in enumerate(draft.content.get("priors.yaml", ())):
        cited.append(("priors.yaml", (index, "sources"), prior.cited))
    for index, good in enumerate(draft.content.get("goods.yaml", ())):
        cited.append(("goods.yaml", (index, "purity"), good.purity.sources if good.purity else ()))
        for item in good.conversion:
            cited.append(("goods.yaml", (index, "conversion"), item.sources))
    for index, check in enumerate(draft.content.get("checks.yaml", ())):
        cited.append(("checks.yaml", (index,), (check.result, *check.parts)))
    names = [row.id for row in draft.content["evidence"]]
    for label, loc, ids in cited:
        for row in ids:
            if not draft.knows("evidence", row):
                _refer(draft, row, names, "row", draft.where(label, loc))


def _check_accounts(draft: Draft) -> None:
    if "accounts.yaml" in draft.content:
        from yupana.evidence.accounts.references import check_accounts

        check_accounts(draft)


def _check_levers(draft: Draft, places: Places) -> None:
    elements = dimension_elements(places)
    for index, lever in enumerate(draft.content["levers.yaml"]):
        if lever.over:
            _refer(draft, lever.over, elements, "dimension", draft.where("levers.yaml", (index, "over")))


def _check_scenarios(draft: Draft, places: Places) -> None:
    from yupana.evidence.scenarios import scenario_problems
    from yupana.evidence.structure import Rows, structure_problems

    found = {row.id: row.confidence for row in draft.content["evidence"]}
    rows = Rows(lambda row: draft.knows("evidence", row), found.get, found)
    levers, scenarios = draft.content["levers.yaml"], draft.content["scenarios"]
    elements = dimension_elements(places)
    for name, scenario in scenarios.items():
        label = next(
            (f for f in (f"scenarios/{name}.yaml", f"scenarios/{name}.yml") if f in draft.documents), ""
        )
        for loc, problem in (
            *scenario_problems(scenario, scenarios, levers, elements),
            *structure_problems(scenario, rows),
        ):
            where = draft.where(label, loc) if label else (f"scenario {name}",)
            draft.problems.append(located(problem, where))
