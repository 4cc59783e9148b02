"""The diagram of a reconciliation: readable at two widths, intervals as tones, hatched where prior."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_balance import CORRIDORS, YEAR, make_balance

from yupana.core.errors import UsageError
from yupana.evidence.loading import load_pack
from yupana.evidence.reconcile.result import Estimate, Flow, Reconciliation
from yupana.evidence.reconcile.solve import reconcile
from yupana.report import palette
from yupana.report.balance_file import draw_file
from yupana.report.balance_sankey import SMALLEST, WIDTHS, figures
from yupana.report.gather_balance import _draws, balance_of, balance_picture
from yupana.report.layout import _extents, collisions, cut_off
from yupana.report.sankey import TOP, place_bars, place_ribbons
from yupana.report.save import save_picture


def tiny() -> Reconciliation:
    return make_balance(
        {name: size / 10 ** (place % 4 + 1) for place, (name, size) in enumerate(CORRIDORS.items())}
    )


def long_names() -> Reconciliation:
    names = {f"{'Exceptionally' * 3} long name of corridor class number {i}, by land, river and sea": 20.0
             for i in range(6)}  # fmt: skip
    return make_balance(
        names, markets=("Donaudampfschifffahrtsgesellschaftsmarkt", "A market with a very long name")
    )


def many() -> Reconciliation:
    return make_balance({f"Corridor class {i}": 3.0 + i for i in range(26)})


def wide() -> Reconciliation:
    return make_balance(spread=2.0)


def thousands() -> Reconciliation:
    return make_balance({name: 1_000 * size for name, size in CORRIDORS.items()}, spread=0.05)


def one() -> Reconciliation:
    return make_balance({"The only way out": 200.0}, ("The only market",))


CASES = {"usual": make_balance, "tiny": tiny, "long": long_names, "many": many, "wide": wide, "one": one,
         "thousands": thousands}  # fmt: skip


@pytest.mark.parametrize("width", sorted(WIDTHS))
@pytest.mark.parametrize("case", sorted(CASES))
def test_no_label_covers_another_at_the_width_of_a_screen_and_of_a4(case: str, width: str) -> None:
    figure = balance_picture(CASES[case](), width=WIDTHS[width]).figure
    with palette.styled():
        assert figure.get_size_inches()[0] == pytest.approx(
            {"screen": 9.0, "a4": 160 / 25.4}[width], abs=0.005
        )
        assert len(_extents(figure)) > 10
        assert collisions(figure, slack=0.5) == []
        assert cut_off(figure) == []
    letters = [text.get_fontsize() for text in figure.axes[0].texts]
    assert min(letters) >= SMALLEST - 1e-9, "letters too small to read"


def test_labels_that_cover_each_other_would_be_seen() -> None:
    figure = balance_picture(make_balance()).figure
    first, second = figure.axes[0].texts[0], figure.axes[0].texts[5]
    second.set_position(first.get_position())
    with palette.styled():
        assert collisions(figure)


def test_the_usual_picture_fits_a_page_of_a4() -> None:
    height = balance_picture(make_balance(), width=WIDTHS["a4"]).figure.get_size_inches()[1]
    assert height * 25.4 < 257


def said(found: Reconciliation) -> str:
    from matplotlib.text import Text

    figure = balance_picture(found).figure
    return " ".join(item.get_text() for item in figure.findobj(Text)).replace("\u00a0", " ")


def test_title_and_footer_say_what_is_drawn() -> None:
    words = said(make_balance(anchor="trust-us"))
    for part in ("somewhere, 2012", "anchor trust-us", "solver gauss-newton", "5th–95th", "dark core", "halo",
                 "middle tone", "hatched", "Source: 3 rows of the evidence ledger of somewhere",
                 "1 row is flagged"):  # fmt: skip
        assert part in words, part
    assert "failed" not in words


def test_a_failed_gate_is_told_on_the_picture() -> None:
    words = said(
        replace(make_balance(), gates={"r_hat": (1.2, 1.01, False), "divergences": (0.0, 0.0, True)})
    )
    assert "the sampler failed r_hat." in words


def hatched(found: Reconciliation) -> int:
    from matplotlib.patches import Patch

    axes = balance_picture(found).figure.axes[0]
    return sum(patch.get_hatch() is not None for patch in axes.findobj(Patch))


def all_at(found: Reconciliation, contraction: float) -> Reconciliation:
    flows = tuple(replace(f, estimate=replace(f.estimate, contraction=contraction)) for f in found.flows)
    return replace(found, flows=flows)


def test_ribbons_are_hatched_where_the_prior_speaks_and_nowhere_else() -> None:
    found = make_balance()
    balance = balance_of(found, YEAR)
    prior = sum(flow.estimate.is_prior for flow in found.flows)
    assert prior > 5
    assert sum(link.prior for link in balance.links) == prior
    assert hatched(found) == prior + sum(node.prior for node in balance.nodes)
    assert hatched(all_at(found, 0.099)) == len(balance.links) + len(balance.nodes)
    assert hatched(all_at(found, 0.1)) == 0
    assert "hatched" not in said(all_at(found, 0.1))
    assert "prior" not in said(all_at(found, 0.1))


def test_tones_of_every_role_agree_in_grey() -> None:
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    greys = np.array([[grey(tone) for tone in palette.tones(colour)] for colour in palette.ROLES.values()])
    assert np.abs(greys - palette.TONES).max() < 1.0
    assert (np.diff(greys) > 50).all()


def test_widths_of_tones_are_the_quantiles() -> None:
    from matplotlib.patches import PathPatch

    found = make_balance()
    paths = [p for p in balance_picture(found).figure.axes[0].patches if isinstance(p, PathPatch)]
    first = next(f for f in found.flows if f.source == "leaf" and f.target == "base").estimate
    place = next(i for i, f in enumerate(found.flows) if f.estimate is first)
    plain = [p for p in paths if p.get_hatch() is None]
    ends = [p.get_path().vertices[:, 1] for p in plain[3 * place : 3 * place + 3]]
    widths = [float(y[-2] - y[0]) for y in ends]
    assert np.array(widths) / widths[1] == pytest.approx(
        np.array([first.q95, first.q50, first.q05]) / first.q50
    )


def test_ribbons_lie_on_their_bars_when_the_upper_quantile_sets_their_room() -> None:
    balance = balance_of(make_balance(), YEAR)
    lefts = [float(i) for i in range(1 + max(node.column for node in balance.nodes))]
    bars = place_bars(balance.nodes, balance.links, lefts, 8.0, 0.1, level=TOP)
    by_id = {bar.node.id: bar for bar in bars}
    ribbons = place_ribbons(bars, balance.links, TOP)
    assert len({round(ribbon.width / ribbon.link.value[TOP], 9) for ribbon in ribbons}) == 1
    for ribbon in ribbons:
        for end, name in ((ribbon.start, ribbon.link.source), (ribbon.end, ribbon.link.target)):
            bar = by_id[name]
            assert bar.top - 1e-9 <= end
            assert end + ribbon.width <= bar.top + bar.height + 1e-9


def test_a_bar_that_sums_flows_shows_the_interval_of_the_sum() -> None:
    found = make_balance()
    columns = [i for i, (name, _) in enumerate(found.names) if name.endswith(">consumed")]
    consumed = next(node for node in balance_of(found, YEAR).nodes if node.id == "consumed")
    assert consumed.value == pytest.approx(np.quantile(found.draws[:, columns].sum(1), (0.05, 0.5, 0.95)))
    bare = replace(found, names=(), draws=np.zeros((0, 0)))
    assert balance_of(bare, YEAR).summed > 0
    assert "sums of their parts' quantiles" in said(bare)


def test_flows_too_small_to_draw_are_told_and_stay_in_the_data() -> None:
    found = make_balance({**CORRIDORS, "Almost nothing": 1e-6})
    assert balance_of(found, YEAR).dropped == 3
    assert "3 flows below 0.01 t are in the data only" in said(found)
    notes = [row.get("note") for row in balance_picture(found).table.rows]
    assert notes.count("too small to draw") == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [((251.3, 327.4, 418.9), "330 (250–420)"), ((0.0, 0.004, 0.031), "<0.01 (<0.01–0.031)"),
     ((22.1, 23.8, 26.1), "23.8 (22.1–26.1)"), ((1234.0, 3456.0, 7890.0), "3000 (1000–8000)"),
     ((5.0, 5.0, 5.0), "5")],
)  # fmt: skip
def test_figures_have_the_digits_that_their_interval_supports(value: tuple, text: str) -> None:
    assert figures(value) == text


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_reconciliation_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    written = [
        save_picture(balance_picture(make_balance()), tmp_path / str(turn), (kind,)) for turn in range(2)
    ]
    assert [path.read_bytes() for path in written[0]] == [path.read_bytes() for path in written[1]]


def test_data_beside_the_picture(tmp_path: Path) -> None:
    found = make_balance()
    paths = save_picture(balance_picture(found), tmp_path, ("svg",))
    rows = list(csv.DictReader(next(path for path in paths if path.suffix == ".csv").open()))
    ribbons = [row for row in rows if row["layer"] == "ribbon"]
    assert len(ribbons) == len(found.flows)
    first = found.flows[0].estimate
    assert float(ribbons[0]["q50"]) == pytest.approx(first.q50)
    assert float(ribbons[0]["contraction"]) == pytest.approx(first.contraction)
    assert {row["row"] for row in rows if row["layer"] == "datum"} == {"row-area", "row-seized", "row-odd"}
    facts = json.loads(next(path for path in paths if path.suffix == ".json").read_text())
    assert (facts["anchor"], facts["solver"], facts["left_out"]) == (
        "agnostic", "gauss-newton", {"row-old": "derived from row-area"}
    )  # fmt: skip


def test_a_year_without_flows_is_refused() -> None:
    with pytest.raises(UsageError, match="no flow in 1999"):
        balance_picture(make_balance(), 1999)


def drawn_from(logs: dict[str, np.ndarray], flows: tuple[Flow, ...]) -> Reconciliation:
    names = tuple((name, YEAR) for name in logs)
    draws = np.exp(np.column_stack(list(logs.values())))
    return replace(make_balance(), names=names, draws=draws, flows=flows, quantities={})


def test_a_flow_is_never_drawn_from_a_quantity_in_another_unit() -> None:
    leaf, factor = np.full(10, 3000.0), np.full(10, 300.0)
    found = drawn_from({"leaf": np.log(leaf), "factor": np.log(factor)}, ())
    wrong = Estimate("leaf", YEAR, "t", 10.0, 10.0, 10.0, 0.5)
    assert _draws(found, wrong) is None
    right = _draws(found, replace(wrong, name="leaf/factor"))
    assert right == pytest.approx(10.0)


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_shipped_balance_is_readable(width: str) -> None:
    pack = load_pack("peru")
    figure = balance_picture(reconcile(pack, 2012), pack=pack, width=WIDTHS[width]).figure
    with palette.styled():
        assert collisions(figure, slack=0.5) == []
        assert cut_off(figure) == []
    assert any(patch.get_hatch() for patch in figure.axes[0].patches)


def test_a_file_is_drawn_with_its_data_beside_it(tmp_path: Path) -> None:
    for _ in range(2):  # drawn again in its place
        paths = draw_file(make_balance(), tmp_path / "deep" / "chain.svg", YEAR, width="a4")
    assert sorted(path.name for path in paths) == ["chain.csv", "chain.json", "chain.svg"]
    assert paths[0].read_text(encoding="utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("name", "width", "said"),
    [("chain.pdf", "a4", "Y109"), ("chain", "a4", "Y109"), ("chain.svg", "a5", "screen or a4"),
     ("taken.svg", "a4", "would replace"), ("folder.svg", "a4", "Y109")],
)  # fmt: skip
def test_files_that_cannot_be_drawn_are_refused(tmp_path: Path, name: str, width: str, said: str) -> None:
    (tmp_path / "taken.csv").write_text("mine")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(UsageError, match=said):
        draw_file(make_balance(), tmp_path / name, YEAR, width=width)
    assert (tmp_path / "taken.csv").read_text() == "mine"
