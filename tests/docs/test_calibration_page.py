"""The page on calibration is what the stored studies say, holds for this code and evidence, hides nothing."""

from __future__ import annotations

import calibration_page
import calibration_study
import pytest
from calibration_results import AIM

from yupana.core.files import read_json
from yupana.fit.stamp import method_hash, stamp
from yupana.study import load

COUNTRIES = 50


def stored(what: str) -> dict:
    """One of the stored studies; where it was not made the page must say so."""
    found = read_json(calibration_page.STORED) or {}
    if what not in found:
        assert f"The study `{what}` was not made yet." in calibration_page.PAGE.read_text(encoding="utf-8")
        pytest.skip(f"not made yet: tools/calibration_study.py {what}")
    return found[what]


@pytest.mark.parametrize("what", calibration_study.STUDIES)
def test_the_study_was_made_with_this_code_and_evidence(what: str) -> None:
    found = stored(what)
    now = stamp(load(found["pack"], until=found["until"]).pack)
    again = f"stale: run tools/calibration_study.py {what} (see its cost on the page)"
    assert found["stamp"] == now, again
    assert found.get("method_code") == method_hash(found.get("method", "smc")), again


def test_the_page_is_what_the_stored_studies_say() -> None:
    assert calibration_study.main(["check"]) == 0
    stored("known-truth")
    assert calibration_page.PICTURE.exists()


def test_verdicts_follow_from_the_numbers_and_stand_on_the_page() -> None:
    found = stored("known-truth")
    page = calibration_page.PAGE.read_text(encoding="utf-8")
    assert found["countries"] >= COUNTRIES
    share = found["coverage"]["parameters"]["share"]
    assert found["covered"] == (AIM[0] <= share <= AIM[1])
    assert ("**Met**" in page) == found["covered"]
    assert found["calibrated"] == (min(found["worst"], found["together"]) >= 0.025)
    assert ("**Passed**" in page) == found["calibrated"]
    for one in found["ranks"]:
        line = next(
            line for line in page.splitlines() if line.startswith(f"| `{one['name']}` | ") and " | 0." in line
        )
        assert ("**outside**" in line) == (not one["inside"])


def test_what_did_not_vanish_stands_on_the_page() -> None:
    found = stored("placebo")
    page = calibration_page.PAGE.read_text(encoding="utf-8")
    for name, gone in found["vanished"].items():
        assert (f"{name} **does not vanish**" in page) == (not gone)
    skilled = found["skill"]["against_no_time"]["real"]["verdict"] == "better"
    assert ("There was no skill to vanish" in page) == (not skilled)
