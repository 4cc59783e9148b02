"""A tiny fit of the invented country, and what every verb says of it: the one test of fits with the model."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from yupana.cli.main import run
from yupana.core.drawn import PRIOR
from yupana.fit.diagnosis import Diagnosis, diagnose
from yupana.fit.store import read_record
from yupana.report.diagnosis_figures import fit_pictures
from yupana.report.layout import collisions, cut_off
from yupana.study import Study, load

UNTIL = 2004


@pytest.fixture(scope="module")
def study() -> Study:
    return load("exampleland", until=UNTIL)


@pytest.fixture(scope="module")
def fit(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fits") / "fit"
    study.fit(draws=128, chains=1, method="laplace", out=folder)
    # the gates of so small a fit may pass: one that failed is written in, to see what follows
    path = folder / "fit.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    body["gates"].append({"name": "planted gate", "value": 2.0, "limit": 1.0, "pass": False})
    path.write_text(json.dumps(body), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(study: Study, fit: Path) -> Diagnosis:
    words = study.posterior(fit).in_words(1).words
    return diagnose(fit, study.pack, study.config, study.priors, words)


def test_every_unknown_once_and_learned_most_first(found: Diagnosis, study: Study, fit: Path) -> None:
    assert {u.name for u in found.unknowns} == set(study.posterior(fit).space.names)
    moved = [u.contraction for u in found.unknowns]
    assert moved == sorted(moved, reverse=True)
    assert {u.kind for u in found.unknowns} == {"parameter", "shock", "scale of errors", "bias"}
    assert all(u.mark == "prior" for u in found.unknowns if u.contraction < 0.1)
    assert not any(u.mark for u in found.unknowns if u.contraction > 0.1 + 2 * u.error)


def test_quantiles_stand_in_their_own_unit(found: Diagnosis, study: Study, fit: Path) -> None:
    area = next(u for u in found.unknowns if u.name == "initial_area")
    prior = study.priors["initial_area"]
    assert area.unit == prior.unit
    assert area.prior == pytest.approx((float(prior.q05), float(prior.q50), float(prior.q95)))
    drawn = study.posterior(fit).draw(1, 0, 128)["initial_area"]
    assert area.posterior == pytest.approx(tuple(np.quantile(drawn, (0.05, 0.5, 0.95))))
    bias = next(u for u in found.unknowns if u.kind == "bias")
    assert bias.prior[1] == 1.0
    assert bias.prior[0] * bias.prior[2] == pytest.approx(1.0)


def test_figures_stand_against_the_fit(found: Diagnosis) -> None:
    checks = [check for series in found.series for check in series.checks]
    assert [check.row for check in checks] == list(found.about["rows"])
    assert {check.year for check in checks} <= set(range(2000, UNTIL + 1))
    for check in checks:
        assert list(check.predicted) == sorted(check.predicted)
        # z and interval tell one story, up to the points that stand for a distribution
        if abs(abs(check.z) - 1.645) > 0.02:
            assert (abs(check.z) < 1.645) == (check.predicted[0] < check.value < check.predicted[4])
        if abs(check.z) > 0.02:
            assert (check.z > 0) == (check.value > check.predicted[2])
    assert abs(found.worst[0][1].z) == max(abs(check.z) for check in checks)


def test_rows_left_out_have_reasons(found: Diagnosis) -> None:
    assert not set(found.about["rows"]) & set(found.about["left_out"])
    assert all(found.about["left_out"].values())


def test_nothing_is_covered_or_cut_off(found: Diagnosis) -> None:
    pictures = fit_pictures(found, "Exampleland", "2012")
    assert {p.name for p in pictures} == {
        "fit-parameters", "fit-shocks", "fit-scales", "fit-biases", "fit-series", "fit-directions"
    }  # fmt: skip
    for picture in pictures:
        assert collisions(picture.figure) == []
        assert cut_off(picture.figure) == []
        assert "planted gate" in " ".join(text.get_text() for text in picture.figure.texts)


def test_text_json_page_and_folder(
    fit: Path, found: Diagnosis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["diagnose", str(fit), "--out", str(page)]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert re.search(r"FAILED +2 +1 +planted gate", text)
    assert "FIT FAILED" in text
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == 6
    assert all(row in html for row in found.about["rows"])
    assert all(row in html for row in found.about["left_out"])
    assert not any(word in html for word in ("<script", "<link", "src="))
    assert run(["diagnose", str(fit), "--out", str(tmp_path / "figures"), "--format", "svg", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["unknowns"]) == len(found.unknowns)
    assert told["failed"] == list(read_record(fit).failed)
    assert {gate["name"] for gate in told["gates"]} >= {"planted gate"}
    assert sum(series["n"] for series in told["series"]) == len(told["rows"])
    assert len(list((tmp_path / "figures").glob("*.svg"))) == 6


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nothing-of-that-name"], "Y505"),
        (["FIT", "--pack", "nowhere"], "Y103"),
        (["FIT", "--format", "gif"], "Y109"),
    ],
)
def test_what_cannot_be_used_is_refused(
    fit: Path, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diagnose", *(str(fit) if word == "FIT" else word for word in words)]) == 2
    assert code in capsys.readouterr().err


def test_a_failed_fit_is_refused_and_if_allowed_said_by_every_verb(
    fit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["run", "exampleland", "--draws", "16", "--end", "2006", "--scenario", "baseline"]
    asked += ["--posterior", str(fit), "--out", str(tmp_path / "run")]
    assert run(asked) == 2
    assert "Y506" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    folder, pictures = str(tmp_path / "run"), tmp_path / "pictures"
    for words in (
        [*asked, "--allow-failed"],
        ["show", folder, "coca_area"],
        ["show", folder, "coca_area", "--json"],
        ["plot", folder, "coca_area", "--out", str(pictures), "--format", "svg"],
        ["export", folder, "coca_area", "--format", "csv", "--out", str(tmp_path / "all.csv")],
    ):
        assert run(words) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "planted gate" in out or words[0] in ("plot", "export")
    for path in (*pictures.glob("*.json"), *tmp_path.glob("all*json*"), *tmp_path.glob("all*.txt")):
        assert "planted gate" in path.read_text(encoding="utf-8"), path
    assert PRIOR.words not in "".join(path.read_text(encoding="utf-8") for path in pictures.glob("*.json"))


def test_audit_refuses_a_failed_fit_before_it_runs(fit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--pack", "exampleland", "--posterior", str(fit)]) == 2
    assert "Y506" in capsys.readouterr().err
    assert run(["audit", "--pack", "exampleland", "--posterior", str(fit), "--no-run"]) == 2
    assert "Y110" in capsys.readouterr().err
