"""The stamp of stored results: it changes with what decides draws, and with nothing else."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from pack_copy import append, copy_pack, replace

import yupana
from yupana.evidence.ledger import Ledger
from yupana.evidence.loading import load_pack
from yupana.fit import stamp as module
from yupana.fit.stamp import DECIDING, OWN, code_hash, method_hash, source_hash, stamp

CODE = '"""What it is."""\nimport os\n\ndef add(a, b=1):\n    """Add."""\n    return a + b  # a sum\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_pack(tmp_path_factory.mktemp("stamp"), priors=None)


def edited(folder: Path, name: str, old: str, new: str) -> str:
    """The stamp of the pack with one text replaced in one file, which is put back."""
    before = (folder / name).read_text("utf-8")
    replace(folder / name, old, new)
    try:
        return stamp(load_pack(folder))
    finally:
        (folder / name).write_text(before, "utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""What it is."""', '"""Something else."""'),
        ('    """Add."""\n', ""),
        ("  # a sum", "  # nothing\n"),
        ("a, b=1", "a,\n    b = 1"),
    ],
)
def test_words_in_the_code_do_not_count(old: str, new: str) -> None:
    assert old in CODE
    assert source_hash(CODE.replace(old, new)) == source_hash(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("b=1", "b=2"), ("b=1", "b=1.0"), ("a + b", "b + a"), ("import os", "import io"), ("add", "plus")],
)
def test_everything_else_in_the_code_counts(old: str, new: str) -> None:
    assert source_hash(CODE.replace(old, new)) != source_hash(CODE)


def test_the_form_of_code_does_not_depend_on_python() -> None:
    # worked out with Python 3.11, 3.12 and 3.13, whose own dumps of it differ
    assert (
        source_hash(CODE + 'x: int = f"{add(1)!r:>{4}} of {add:.2f}" "end"\n')
        == "2063ba36b4b22a8d59614b9b5a1f247c"
    )


def test_files_that_decide_draws_exist() -> None:
    root = Path(module.__file__).parents[1]
    assert all(list(root.glob(pattern)) for pattern in DECIDING)
    assert code_hash() == code_hash()


def test_stamp_is_of_the_pack_s_numbers(folder: Path) -> None:
    first = stamp(load_pack(folder))
    assert len(first) >= 16
    assert int(first, 16) >= 0
    entry = load_pack(folder).priors[0]
    assert edited(folder, "priors.yaml", entry.reason, "Another reason.") == first
    assert edited(folder, "priors.yaml", "q95: ", "q95: 1") != first
    assert edited(folder, "likelihood.yaml", "discrepancy: 0.", "discrepancy: 0.9") != first


def test_stamp_is_of_the_ledger_s_figures(folder: Path) -> None:
    pack = load_pack(folder)
    first, *others = pack.ledger.rows

    def with_row(**change: object) -> str:
        rows = [first.model_copy(update=change), *others]
        return stamp(dataclasses.replace(pack, ledger=Ledger(rows, pack.sources)))

    assert with_row() == with_row(note="another") == stamp(pack)
    assert first.number is not None
    changes = [{"value": first.number * 1.01}, {"pedigree": 0}, {"confidence": "low"}, {"low": 0.5}]
    stamps = {with_row(**change) for change in changes}
    assert len(stamps) == len(changes)
    assert stamp(pack) not in stamps


def test_claims_and_scenarios_do_not_count(folder: Path) -> None:
    pack = load_pack(folder)
    first, whole = stamp(pack), pack.hash
    append(folder / "claims.yaml", "# a remark")
    assert load_pack(folder).hash != whole
    assert stamp(load_pack(folder)) == first
    without = dataclasses.replace(pack, claims=None, scenarios={}, studies=(), disputes=(), checks=())
    assert stamp(without) == first


def test_what_was_known_later_does_not_count_in_an_earlier_fit() -> None:
    whole, early = yupana.load("exampleland").pack, yupana.load("exampleland", until=2012).pack
    assert stamp(whole, 2012) == stamp(early) != stamp(whole)


def test_what_only_one_method_reads_has_a_hash_of_its_own() -> None:
    assert method_hash("smc") is None
    assert method_hash("blocks") not in (None, method_hash("nuts"))
    folder = Path(module.__file__).parent
    for names in OWN.values():
        assert all((folder / f"{name}.py").is_file() for name in names)


def test_a_change_of_one_of_its_files_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = method_hash("blocks")
    monkeypatch.setattr(module, "source_hash", lambda source: source_hash(source + "\nMOVES = 1\n"))
    assert method_hash("blocks") != before


def test_everything_of_a_fit_that_such_a_file_reads_is_in_one_of_the_hashes() -> None:
    """Gates and the store read and keep draws, processes run what they are given: they decide none."""
    folder = Path(module.__file__).parent
    shared = {Path(name).stem for name in DECIDING if name.startswith("fit/")} | {"gates", "store", "workers"}
    for method, own in OWN.items():
        for name in own:
            text = (folder / f"{name}.py").read_text("utf-8")
            read = set(re.findall(r"^from yupana\.fit\.(\w+) import", text, re.M))
            for line in re.findall(r"^from yupana\.fit import (.+)$", text, re.M):
                read |= set(line.split(", "))
            missing = sorted(read - shared - set(own))
            assert not missing, f"{method}: fit/{name}.py reads {missing}"
