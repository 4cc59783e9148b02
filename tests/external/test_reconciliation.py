"""Reconciliation against published answers; each test names the paper or book that prints them."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.core.units import product_factor
from yupana.evidence.accounts.amounts import Amount, total, value
from yupana.evidence.ledger import Ledger
from yupana.evidence.loading import load_pack
from yupana.evidence.locate import find_pack
from yupana.evidence.pack import Pack
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.rows import Measurement, Source

FLOWS = ("feed", "hot", "bypass", "heated", "valve", "mixed")
MEASURED = np.array([101.91, 64.45, 34.65, 64.20, 36.44, 98.88])
NODES = np.array(
    [
        [1.0, -1.0, -1.0, 0.0, 0.0, 0.0],  # splitter
        [0.0, 1.0, 0.0, -1.0, 0.0, 0.0],  # exchanger
        [0.0, 0.0, 1.0, 0.0, -1.0, 0.0],  # valve
        [0.0, 0.0, 0.0, 1.0, 1.0, -1.0],  # mixer
    ]
)


def readings(values: tuple[float, ...], sd: tuple[float, ...]) -> LinearGaussian:
    """Return one flow read several times, nothing known before."""
    rows = tuple(f"reading {index + 1}" for index in range(len(values)))
    return LinearGaussian(
        ("flow",), rows, np.ones((len(values), 1)), np.array(values), np.square(np.array(sd))
    )


def bypass(unit: np.ndarray | None = None) -> LinearGaussian:
    """Return the heat exchanger with a bypass; `unit` puts each flow's figures in a unit of its own."""
    unit = np.ones(6) if unit is None else unit
    return LinearGaussian(
        FLOWS,
        FLOWS,
        np.eye(6),
        MEASURED * unit,
        unit**2,
        equations=NODES / unit,
        targets=np.zeros(4),
    )


def test_two_readings_of_one_flow() -> None:
    """Narasimhan and Jordache (2000), Data Reconciliation and Gross Error Detection: the weighted mean."""
    found = readings((100.0, 110.0), (10.0, 10.0)).solution
    np.testing.assert_allclose(found.fitted, [105.0, 105.0], rtol=1e-12)
    assert found.sd[0] == pytest.approx(7.0711, abs=5e-5)
    assert found.chi2 == pytest.approx(0.5, rel=1e-12)
    assert found.degrees == 1
    assert not found.flagged.any()


def test_two_readings_of_unlike_precision() -> None:
    """Narasimhan and Jordache (2000): the better instrument weighs by its inverse variance."""
    found = readings((100.0, 110.0), (5.0, 10.0)).solution
    assert found.mean[0] == pytest.approx(102.0, rel=1e-12)
    assert found.sd[0] == pytest.approx(4.4721, abs=5e-5)


def test_gross_error_is_flagged() -> None:
    """Mah and Tamhane (1982), AIChE Journal 28: a reading ten times the other fails every test."""
    found = readings((100.0, 1100.0), (10.0, 10.0)).solution
    assert found.chi2 == pytest.approx(5000.0, rel=1e-12)
    assert found.p_value < 1e-300
    assert found.flagged.all()
    np.testing.assert_allclose(np.abs(found.z), 1000 / np.sqrt(200), rtol=1e-12)


def test_heat_exchanger_with_bypass() -> None:
    """Narasimhan and Jordache (2000), the heat exchanger with bypass that runs through the book."""
    found = bypass().solution
    np.testing.assert_allclose(found.mean, [100.22, 64.50, 35.72, 64.50, 35.72, 100.22], atol=0.005)
    # The measurements give 6.4075 exactly, half-way between two printed figures; the book prints 6.407.
    assert found.chi2 == pytest.approx(6.4075, rel=1e-9)
    assert found.degrees == 4
    assert found.p_value == pytest.approx(0.171, abs=5e-4)
    np.testing.assert_allclose(NODES @ found.mean, 0.0, atol=1e-9 * 100)
    assert not found.flagged.any()


def test_measurement_test_is_adjustment_over_its_error() -> None:
    """Mah and Tamhane (1982), AIChE Journal 28: adjustments V A' (A V A')^-1 A y over their errors, V = I."""
    found = bypass().solution
    gain = NODES.T @ np.linalg.inv(NODES @ NODES.T)
    adjustment = gain @ NODES @ MEASURED
    np.testing.assert_allclose(found.z, adjustment / np.sqrt(np.diag(gain @ NODES)), rtol=1e-10)
    np.testing.assert_allclose(found.redundancy, np.diag(gain @ NODES), rtol=1e-10)


def test_units_change_nothing() -> None:
    """Narasimhan and Jordache (2000), the same network with every flow in a unit of its own."""
    unit = np.array([1e6, 1e-3, 0.45359237, 1.0, 1e9, 32.1507466])
    plain, odd = bypass().solution, bypass(unit).solution
    np.testing.assert_allclose(odd.mean / unit, plain.mean, rtol=1e-9)
    np.testing.assert_allclose(odd.cov / np.outer(unit, unit), plain.cov, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(odd.z, plain.z, rtol=1e-9)
    assert odd.chi2 == pytest.approx(plain.chi2, rel=1e-9)


# Published arithmetic, through the functions that guard units, bases and lineage -------------------------


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(find_pack("peru"))


def row(name: str, value: float, unit: str, basis: str, kind: str = "flow", account: str = "") -> Measurement:
    """Return a row of the ledger that holds one figure of the publication under test."""
    fields = {"id": name, "quantity": name, "place": "home", "period": "2009", "value": value, "unit": unit}
    fields |= {"basis": basis, "kind": kind, "account": account, "source": "publication"}
    return Measurement.model_validate(
        fields | {"seen": "retrieved", "pedigree": 3, "confidence": "high"}, strict=False
    )


def amount(measured: Measurement) -> Amount:
    """Return a row as an amount without error."""
    assert measured.number is not None
    return Amount(np.array([measured.number]), measured.unit, measured.basis, measured.account)


def test_un_balance_of_2009() -> None:
    """UNODC, World Drug Report 2011: 1,111 t made in 2009, 615 t seized, 5 percent lost, 440 t left."""
    found = LinearGaussian(
        ("made", "seized", "lost", "left"),
        ("made", "seized"),
        np.eye(2, 4),
        np.array([1111.0, 615.0]),
        np.array([1.0, 1.0]),
        equations=np.array([[1.0, -1.0, -1.0, -1.0], [-0.05, 0.0, 1.0, 0.0]]),
        targets=np.zeros(2),
    ).solution
    assert found.mean[3] == pytest.approx(440.45, rel=1e-9)
    assert round(float(found.mean[3]), -1) == 440
    assert found.degrees == 0


def test_leaf_over_factor(pack: Pack) -> None:
    """UNODC, Peru coca survey for 2005: 106,000 t of leaf, 9,000 t used legally, 375 kg of leaf for 1 kg."""
    ledger = pack.ledger
    net = ledger.difference("leaf_output-peru-2005-un", "leaf_legal_use-peru-2011-un")
    factor_row = ledger["leaf_per_cocaine-peru-2003-2008-un"]
    assert (net, factor_row.number) == (97_000.0, 375.0)
    made = net / 375.0 * product_factor(("t",), (factor_row.unit,), "t")
    assert made == pytest.approx(258.7, abs=0.05)
    # The survey first printed 180 t, which leaves this much leaf for a kilogram.
    printed = ledger["cocaine_output-peru-2005-un"]
    assert printed.number is not None
    assert printed.number == 180.0
    per_kg = net / printed.number * product_factor(("t",), (printed.unit,), factor_row.unit)
    assert per_kg == pytest.approx(538.9, abs=0.05)


def test_leaf_and_cocaine_never_add(pack: Pack) -> None:
    """The difference of the survey's leaf and a tonnage of cocaine is refused: unlike bases."""
    with pytest.raises(DataError) as caught:
        pack.ledger.difference("leaf_output-peru-2005-un", "cocaine_avoided-peru-2017-police")
    assert caught.value.code == "Y212"


def test_unregistered_gold(pack: Pack) -> None:
    """Macroconsult 2012: 1.14 million ounces beyond the register in 2011 at 1,569.2 USD, so 1.79 bn."""
    mass = pack.ledger["gold_exports_unregistered-peru-2011-macroconsult-2012-bnamericas"]
    price = pack.ledger["gold_price-world-2011-gold-prices-2026"]
    assert price.number == pytest.approx(1569.2, abs=0.05)
    worth = value(amount(mass), amount(price), "border_value", "border", unit="billion USD")
    assert worth.draws[0] == pytest.approx(1.789, abs=5e-4)
    assert (worth.unit, worth.basis) == ("billion USD", "nominal")


def test_cocaine_avoided_by_a_hectare(pack: Pack) -> None:
    """Ministry of the Interior 2017: 211.5 t avoided by 22,885 ha: 9.242 kg a hectare, 254.3 kg of leaf."""
    avoided, area = (
        pack.ledger[name] for name in ("cocaine_avoided-peru-2017-police", "eradicated_area-peru-2017-police")
    )
    assert avoided.number is not None
    assert area.number is not None
    per_ha = avoided.number / area.number * product_factor((avoided.unit,), (area.unit,), "kg/ha")
    assert per_ha == pytest.approx(9.242, abs=5e-4)
    printed = pack.ledger["cocaine_per_ha-peru-2017-police"]
    assert printed.number == pytest.approx(per_ha, abs=0.005)
    leaf = 2350.0 / per_ha * product_factor(("kg leaf/ha/yr",), ("kg/ha",), "kg leaf per kg cocaine")
    assert leaf == pytest.approx(254.3, abs=0.05)
    # The printed ratio rests on the other two: it may not stand beside them in one likelihood.
    with pytest.raises(DataError, match="derived from"):
        pack.ledger.check_lineage([avoided.id, printed.id])


def test_profit_of_2009() -> None:
    """UNODC (2011), Estimating illicit financial flows: profits of 54 (retail), 22, 8: 84 bn USD."""
    parts = [
        row(name, size, "billion USD", "nominal", account="profit")
        for name, size in (("retail", 54.0), ("wholesale", 22.0), ("transit", 8.0))
    ]
    assert total([amount(part) for part in parts]).draws[0] == pytest.approx(84.0)
    source = Source.model_validate(
        {"id": "publication", "title": "t", "publisher": "p", "kind": "un", "year": 2011}
    )
    ledger = Ledger(parts, {"publication": source})
    assert ledger.total([part.id for part in parts]) == pytest.approx(84.0)
    sales = row("sales", 85.0, "billion USD", "nominal", account="retail_value")
    with pytest.raises(DataError, match="account"):
        total([amount(parts[0]), amount(sales)])
