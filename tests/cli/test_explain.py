"""`yupana explain`, from the outside, on the invented country."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yupana.cli.main import run

REGIME = """name: regime
describe: invented
levers:
  eradication: {2002: 3}
  "demand[overseas]": {2001: 0.5}
structure:
  transport_cost: {multiple: 2, judged: "a guess"}
  state_presence: {q05: 0.1, q95: 0.3, judged: "a guess"}
  "buyers[highlands]": {value: 3, judged: "a guess"}
  buyers: {multiple: 0.5, source: [ROW]}
"""
GROUPS = {"demand", "eradication", "groups (judged)", "groups (sourced)", "prices", "presence"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a regime and a finished run of it."""
    from yupana.evidence import load_pack
    from yupana.study import load

    folder = tmp_path_factory.mktemp("explain")
    row = next(item.id for item in load_pack("exampleland").ledger if item.confidence != "low")
    (folder / "regime.yaml").write_text(REGIME.replace("ROW", row), encoding="utf-8")
    scenarios = ["baseline", str(folder / "regime.yaml")]
    load("exampleland").run(draws=40, end=2005, scenarios=scenarios, out=folder / "run")
    return folder


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert run(words) == code
    caught = capsys.readouterr()
    return caught.out, caught.err


def asked(home: Path, of: str = "cocaine_exports", one: str = "baseline", other: str = "regime") -> list[str]:
    return ["explain", str(home / "run"), "--of", of, "--between", one, other]


def test_shares_add_up_to_the_difference_of_the_run_itself(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from yupana.results import Result

    out, _ = told(capsys, *asked(home), "--json")
    value: dict[str, Any] = json.loads(out, parse_constant=pytest.fail)
    assert list(value)[:4] == ["statistic", "unit", "difference", "shares"]
    assert value["statistic"] == "mean over draws and years"
    assert value["unit"] == "t"
    assert {share["group"] for share in value["shares"]} == GROUPS
    keys = {"group", "share", "q05", "q95", "se", "mark", "contraction"}
    assert all(set(share) == keys for share in value["shares"])
    assert all(share["q05"] <= share["q95"] and share["se"] >= 0 for share in value["shares"])
    total = sum(share["share"] for share in value["shares"])
    assert total == pytest.approx(value["difference"], rel=1e-12)
    # the run's own numbers, read from its chunks: the same program made them
    result = Result.open(home / "run")
    exports = result["cocaine_exports"]
    means = {name: float(exports.sel(scenario=name).astype(np.float64).mean()) for name in result.scenarios}
    assert value["levels"] == {name: pytest.approx(mean, rel=1e-9) for name, mean in means.items()}
    assert value["difference"] == pytest.approx(means["regime"] - means["baseline"], rel=1e-9)
    assert (value["draws"], value["failed"], value["coalitions"], value["sampled"]) == (40, 0, 64, False)
    judged = {"groups (judged)", "prices", "presence"}
    assert {name for name, basis in value["basis"].items() if basis == "judged"} == judged
    part = sum(share["share"] for share in value["shares"] if share["group"] in judged)
    assert value["judged_share"] == pytest.approx(part, rel=1e-12)
    for name in value["files"]:
        assert (Path(value["folder"]) / name).stat().st_size > 100


def test_turned_round_every_share_changes_its_sign(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shares(one: str, other: str) -> dict[str, float]:
        out, _ = told(capsys, *asked(home, one=one, other=other), "--json", "--years", "2003:2005")
        return {share["group"]: share["share"] for share in json.loads(out)["shares"]}

    there, back = shares("baseline", "regime"), shares("regime", "baseline")
    assert there == {name: pytest.approx(-share, rel=1e-9, abs=1e-9) for name, share in back.items()}


def test_years_before_a_lever_moves_owe_it_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, *asked(home, of="coca_area"), "--json", "--years", "2000:2001", "--draws", "10")
    value = json.loads(out)
    assert value["draws"] == 10
    assert value["years"] == [2000, 2001]
    (share,) = (share for share in value["shares"] if share["group"] == "eradication")
    assert (share["share"], share["q05"], share["q95"], share["se"]) == (0, 0, 0, 0)


def test_people_read_a_table_a_sentence_and_where_the_picture_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*asked(home, of="exports_corridor[port]"), "--out", str(tmp_path / "p"), "--format", "svg"]
    out, err = told(capsys, *words)
    assert err == ""
    assert "of exports_corridor[port] is" in out
    assert "The largest share is that of" in " ".join(out.split())
    assert max(map(len, out.split("\nPicture in")[0].splitlines())) <= 100
    stem = "explain-exports_corridor-port-baseline-regime"
    names = sorted(path.name for path in (tmp_path / "p").iterdir())
    assert names == [f"{stem}.{kind}" for kind in ("csv", "json", "svg")]


def test_a_scenario_of_the_pack_need_not_be_in_the_run(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (home / "regime.yaml").read_text(encoding="utf-8").split("structure:")[0]
    (home / "other.yaml").write_text(text.replace("name: regime", "name: other"), encoding="utf-8")
    short = ["--years", "2002", "--draws", "10", "--json"]
    out, _ = told(capsys, *asked(home, one=str(home / "other.yaml")), *short)
    assert {share["group"] for share in json.loads(out)["shares"]} == GROUPS - {"demand", "eradication"}
    _, err = told(capsys, *asked(home, other="demand_falls"), *short, code=2)
    assert "[Y104]" in err  # it moves a lever after the run has ended


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"of": "cocaine_export"}, "Y107", "did you mean 'cocaine_exports'"),
        ({"of": "coca_area[highland]"}, "Y108", "did you mean"),
        ({"of": "coca_area[zone]"}, "Y108", "choose one of them"),
        ({"other": "baseline"}, "Y111", "do not differ"),
        ({"other": "regimes"}, "Y301", "regimes"),
        ({"other": "nowhere.yaml"}, "Y201", "nowhere.yaml"),
    ],
)
def test_what_cannot_be_explained(
    home: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], code: str, says: str
) -> None:
    out, err = told(capsys, *asked(home, **change), code=2)
    assert out == ""
    assert f"[{code}]" in err
    assert says in err
    assert err.count("\n") <= 6


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--years", "1990"), "Y104"),
        (("--years", "soon"), "Y102"),
        (("--draws", "0"), "Y102"),
        (("--threads", "0"), "Y102"),
        (("--format", "gif"), "Y109"),
    ],
)
def test_options_out_of_range(
    home: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], code: str
) -> None:
    _, err = told(capsys, *asked(home), *more, code=2)
    assert f"[{code}]" in err


def test_missing_run_and_missing_options(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = asked(home)
    _, err = told(capsys, "explain", "no-such-run", *words[2:], code=2)
    assert "[Y106]" in err
    _, err = told(capsys, *words[:4], code=2)
    assert "--between" in err
    _, err = told(capsys, *words[:-1], code=2)
    assert "--between" in err


def test_a_scenario_that_changed_since_the_run_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "regime.yaml"
    before = path.read_text(encoding="utf-8")
    shutil.copy(path, tmp_path / "kept.yaml")
    try:
        path.write_text(before.replace("{multiple: 2,", "{multiple: 3,"), encoding="utf-8")
        _, err = told(capsys, *asked(home), code=2)
    finally:
        path.write_text(before, encoding="utf-8")
    assert "[Y404]" in err
    assert "no longer what the run was made with" in err


def test_the_lean_program_gives_the_numbers_of_the_whole_engine(home: Path) -> None:
    from yupana.ensemble.probe import Probe
    from yupana.study import load

    job = load("exampleland").plan(draws=1, end=2002).job
    key = "exports_corridor[corridor]"
    params = job.sampler.draw(1, 0, 256, "float32")
    noise = job.engine.draw_noise(1, 0, 256, job.first_year, 2002)
    whole, lean = (
        engine.run(params, job.drivers, job.policies["baseline"], noise)
        for engine in (job.engine, Probe(job.engine.config, key))  # pyright: ignore
    )
    assert list(lean.yearly) == [key]
    # another selection of outputs may be fused otherwise: equal to rounding in single precision
    np.testing.assert_allclose(lean.yearly[key], whole.yearly[key], rtol=1e-4)
    assert (lean.code == 0).all()
