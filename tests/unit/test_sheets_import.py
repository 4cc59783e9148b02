"""Facts from sheets into a pack: all or nothing, each refusal with its cell, nothing lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pack_copy import append, copy_pack, problems_of
from sheet_files import FACT, SOURCE, fact, separated, workbook

from yupana.core import files
from yupana.core.errors import DataError, EnvironmentFault, UsageError
from yupana.evidence.loading import load_pack
from yupana.evidence.sheets import appending
from yupana.evidence.sheets.importing import ImportReport, import_sheet

PRESENT = "coca-area-exampleland-2000-survey"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack that no test of this file changes."""
    return copy_pack(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack that a test may change."""
    return copy_pack(tmp_path)


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a folder, with its bytes."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def trial(root: Path, folder: Path, *rows: dict[str, Any], **options: Any) -> ImportReport:
    """What an import of a CSV file would do."""
    path = separated(folder / "facts.csv", rows)
    return import_sheet(path, root, dry_run=True, **options)


def test_good_rows_are_appended_and_nothing_else_changes(pack: Path, tmp_path: Path) -> None:
    before = contents(pack)
    rows = [fact("a", source="census", note="Perú, a note"), fact("b", period="2011-07-01", derived_from="a")]
    path, _ = workbook(tmp_path / "a.xlsx", facts=rows, sources=[{**SOURCE, "accessed": "2024-05-31"}])
    report = import_sheet(path, pack)
    assert (report.rows, report.sources, report.refused) == (("a", "b"), ("census",), ())
    assert report.written
    after = contents(pack)
    assert set(after) - set(before) == {"evidence/imported.csv"}
    assert [name for name in before if before[name] != after[name]] == ["sources.csv"]
    assert not problems_of(pack)
    loaded = load_pack(pack)
    assert loaded.ledger["a"].note == "Perú, a note"
    assert loaded.ledger["b"].kind == "stock"
    assert loaded.sources["census"].accessed == "2024-05-31"
    old = before["sources.csv"].decode().splitlines()
    assert [line.removesuffix(",") for line in after["sources.csv"].decode().splitlines()[1:-1]] == old[1:]


def test_a_second_import_goes_below_the_first_and_repeats_nothing(pack: Path, tmp_path: Path) -> None:
    import_sheet(separated(tmp_path / "a.csv", [fact("a")]), pack, into="more")
    first = (pack / "evidence/more.csv").read_bytes()
    report = import_sheet(
        separated(tmp_path / "b.csv", [fact("a"), fact("b", value=7)]), pack, into="more.csv"
    )
    assert (report.rows, report.unchanged) == (("b",), ("a",))
    assert (pack / "evidence/more.csv").read_bytes().startswith(first)


def test_a_dry_run_writes_nothing_and_may_try_a_shipped_pack(pack: Path, tmp_path: Path) -> None:
    before = contents(pack)
    report = trial(pack, tmp_path, fact("a"))
    assert (report.rows, report.written) == (("a",), False)
    assert contents(pack) == before
    assert trial(Path("exampleland"), tmp_path, fact("a")).rows == ("a",)


def test_shipped_packs_are_read_only(tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a")])
    with pytest.raises(UsageError) as caught:
        import_sheet(path, "exampleland")
    assert caught.value.code == "Y260"
    assert "yupana pack copy exampleland" in str(caught.value)


REFUSED = {
    "thousands": (fact("bad-1", value="1,234"), "value", "Y258", "1234"),
    "unknown quantity": (fact("bad-2", quantity="coca_aera"), "quantity", "Y210", "'coca_area'"),
    "name of a quantity": (fact("bad-3", quantity="Area under coca"), "quantity", "Y210", "write coca_area"),
    "unknown place": (fact("bad-4", place="highland"), "place", "Y210", "'highlands'"),
    "unknown source": (fact("bad-5", source="survy"), "source", "Y210", "'survey'"),
    "unknown unit": (fact("bad-6", unit="hectars"), "unit", "Y211", "'hectare"),
    "unit of another thing": (fact("bad-7", unit="kg"), "unit", "Y212", "unit"),
    "basis of another thing": (
        fact("bad-8", quantity="leaf_output", unit="t", basis="oven-dried"), "basis", "Y207", "sun-dried"),
    "kind of another quantity": (fact("bad-9", kind="flow"), "kind", "Y207", "stock"),
    "low above high": (fact("bad-10", low=2000, high=10), "low", "Y207", "low must not lie above high"),
    "value outside": (fact("bad-11", low=2000, high=3000), "value", "Y207", "within low and high"),
    "nothing measured": (fact("bad-12", value=None), "value", "Y207", "got:      nothing"),
    "period": (fact("bad-13", period="20x5"), "period", "Y207", "YYYY"),
    "order of days": (fact("bad-14", start="2012", end="2010"), "start", "Y207", "start must not"),
    "unknown parent": (fact("bad-15", derived_from="nothing"), "derived_from", "Y210", "nothing"),
    "own parent": (fact("bad-16", derived_from="bad-16"), "derived_from", "Y221", "circle"),
    "confidence": (fact("bad-17", confidence="sure"), "confidence", "Y207", "'high'"),
    "recalled and sure": (fact("bad-18", seen="recalled"), "confidence", "Y216", "low"),
    "pedigree": (fact("bad-19", pedigree=7), "pedigree", "Y207", "4"),
    "no quantity": (fact("bad-0", quantity=None), "quantity", "Y208", "quantity"),
    "position": (fact("bad-20", note="at -12.3456, -74.1234"), "note", "Y215", "coordinates"),
    "no id": (fact("", value=1), "id", "Y208", "write coca_area-exampleland-2015-survey"),
    "no id at all": (fact("A b"), "id", "Y207", "write a-b"),
    "present": (fact(PRESENT, period="2000", value=1), "value", "Y261", "10000"),
}  # fmt: skip


COLUMNS = ("low", "high", "start", "end", "derived_from", "basis", "kind", "account", "note")


@pytest.fixture(scope="module")
def told(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, DataError]]:
    """Cell and error of every refusal of one sheet that holds a good row and all bad ones."""
    rows = [fact("good", **dict.fromkeys(COLUMNS)), *(case[0] for case in REFUSED.values())]
    report = trial(shared, tmp_path_factory.mktemp("told"), *rows)
    assert not report.rows
    return [(error.where.split(",")[0], error) for error in report.refused]


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_their_cell_and_say_what_to_do(told: list[tuple[str, DataError]], case: str) -> None:
    _, field, code, said = REFUSED[case]
    number = list(REFUSED).index(case) + 3
    mine = [
        (cell, error)
        for cell, error in told
        if cell.split("!")[1].lstrip("ABCDEFGHIJKLMNOPQRS") == str(number)
    ]
    letter = chr(ord("A") + [*FACT, *COLUMNS].index(field))
    assert [(cell, error.code) for cell, error in mine] == [(f"facts.csv!{letter}{number}", code)]
    assert said in str(mine[0][1])


def test_only_bad_rows_are_refused(told: list[tuple[str, DataError]]) -> None:
    assert len(told) == len(REFUSED)


def test_all_cells_of_all_rows_are_told_at_once(shared: Path, tmp_path: Path) -> None:
    rows = [fact("a", value="1,234", place="nowhere"), fact("b", unit="hectars"), fact("c")]
    report = trial(shared, tmp_path, *rows)
    assert [error.where.split(",")[0] for error in report.refused] == ["facts.csv!E2", "facts.csv!F3"]


def test_repeated_ids_are_both_refused(shared: Path, tmp_path: Path) -> None:
    report = trial(shared, tmp_path, fact("a"), fact("a", value=2), fact("b"), keep_good=True)
    assert report.rows == ("b",)
    assert [(e.code, e.where[:12]) for e in report.refused] == [
        ("Y209", "facts.csv!A2"),
        ("Y209", "facts.csv!A3"),
    ]
    assert "facts.csv!A3" in str(report.refused[0])


def test_rows_that_lean_on_a_refused_row_fall_with_it(shared: Path, tmp_path: Path) -> None:
    rows = [
        fact("child", value=1, derived_from="parent"),
        fact("parent", value="many", derived_from=""),
        fact("grandchild", value=2, derived_from="child"),
        fact("good", value=3, derived_from=PRESENT),
    ]
    report = trial(shared, tmp_path, *rows, keep_good=True)
    assert report.rows == ("good",)
    told = {error.where.split(", ")[1]: error.what for error in report.refused}
    assert told["row child"] == "the row leans on 'parent', which was refused"
    assert told["row grandchild"] == "the row leans on 'child', which was refused"
    # without --keep-good the cause alone is told
    assert len(trial(shared, tmp_path, *rows).refused) <= 2


def test_a_circle_takes_all_its_rows(shared: Path, tmp_path: Path) -> None:
    rows = [fact("a", derived_from="b"), fact("b", value=2, derived_from="a"), fact("c", value=3)]
    report = trial(shared, tmp_path, *rows, keep_good=True)
    assert report.rows == ("c",)
    assert [error.where.split(",")[0] for error in report.refused] == ["facts.csv!K2", "facts.csv!K3"]


def test_sources_without_facts_are_refused(shared: Path, tmp_path: Path) -> None:
    path, _ = workbook(tmp_path / "a.xlsx", facts=[fact("a", source="census")],
                       sources=[SOURCE, {**SOURCE, "id": "other"}])  # fmt: skip
    report = import_sheet(path, shared, dry_run=True, keep_good=True)
    assert (report.rows, report.sources) == (("a",), ("census",))
    assert report.refused[0].where.startswith("sources!A3")


def test_a_source_whose_only_fact_falls_is_no_second_complaint(shared: Path, tmp_path: Path) -> None:
    path, _ = workbook(
        tmp_path / "a.xlsx", facts=[fact("a", source="census", value="many")], sources=[SOURCE]
    )
    report = import_sheet(path, shared, dry_run=True)
    assert [error.where.split(",")[0] for error in report.refused] == ["facts!E2"]


def test_a_source_that_differs_from_the_packs(shared: Path, tmp_path: Path) -> None:
    path, _ = workbook(tmp_path / "a.xlsx", sources=[{**SOURCE, "id": "survey"}])
    (error,) = import_sheet(path, shared, dry_run=True).refused
    assert (error.code, error.where.split(",")[0]) == ("Y261", "sources!B2")


def test_the_unit_of_a_header_holds_where_the_cell_is_empty(shared: Path, tmp_path: Path) -> None:
    row = {key: value for key, value in fact("a").items() if key not in ("value", "unit")}
    assert trial(shared, tmp_path, {**row, "Value (ha)": 5}).rows == ("a",)
    report = trial(shared, tmp_path, {**row, "Value (ha)": 5, "unit": "km2"})
    assert report.refused[0].code == "Y212"


def test_a_percentage_and_a_stray_cell(shared: Path, tmp_path: Path) -> None:
    path, book = workbook(tmp_path / "a.xlsx", facts=[fact("a", unit="percent", value=0.45), fact("b")])
    book["facts"]["E2"].number_format = "0 %"
    book["facts"]["L3"] = "aside"
    book.save(path)
    report = import_sheet(path, shared, dry_run=True)
    cells = [error.where.split(",")[0] for error in report.refused]
    assert cells == ["facts!E2", "facts!L3"]
    assert "write 45 for 45 percent" in str(report.refused[0])


def test_semicolons_make_points_doubtful(shared: Path, tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a", value="1.234"), fact("b", value="1,5")], ";")
    assert len(import_sheet(path, shared, dry_run=True).refused) == 2
    comma = import_sheet(path, shared, dry_run=True, decimal="comma", keep_good=True)
    point = import_sheet(path, shared, dry_run=True, decimal="point", keep_good=True)
    assert (comma.rows, point.rows) == (("b",), ("a",))


def test_a_figure_that_the_pack_tells_already_is_noted(shared: Path, tmp_path: Path) -> None:
    report = trial(shared, tmp_path, fact("again", period="2000", value=10000))
    assert report.rows == ("again",)
    assert any(PRESENT in note for note in report.notes)


def test_a_pack_with_problems_of_its_own_is_not_touched(pack: Path, tmp_path: Path) -> None:
    append(pack / "sources.csv", "lonely,Title,Body,2000,,un,")
    before = contents(pack)
    with pytest.raises(DataError) as caught:
        import_sheet(separated(tmp_path / "a.csv", [fact("a")]), pack)
    assert "yupana pack check" in str(caught.value)
    assert contents(pack) == before


def test_another_import_at_work(pack: Path, tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a")])
    with appending.alone(pack), pytest.raises(DataError) as caught:
        import_sheet(path, pack)
    assert caught.value.code == "Y259"
    assert import_sheet(path, pack).written


def test_a_pack_that_changes_meanwhile_is_not_overwritten(pack: Path, tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a")])

    def meanwhile(_: object) -> list[Any]:
        (pack / "evidence/imported.csv").write_text("someone else's work\n", encoding="utf-8")
        return []

    with pytest.raises(DataError, match="changed during"):
        import_sheet(path, pack, further=meanwhile)
    assert (pack / "evidence/imported.csv").read_text(encoding="utf-8") == "someone else's work\n"


def test_further_checks_are_heard(pack: Path, tmp_path: Path) -> None:
    refusal = DataError("no", code="Y503", where="places.yaml")
    with pytest.raises(DataError, match="no row of the sheet causes"):
        import_sheet(separated(tmp_path / "a.csv", [fact("a")]), pack, further=lambda _: [refusal])


def test_a_failed_write_takes_the_first_file_back(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = workbook(tmp_path / "a.xlsx", facts=[fact("a", source="census")], sources=[SOURCE])
    before, real = contents(pack), os.replace

    def replace(start: Any, end: Any) -> None:
        if Path(end).name == "imported.csv":
            raise OSError(28, "no space")
        real(start, end)

    monkeypatch.setattr(appending.os, "replace", replace)
    with pytest.raises(EnvironmentFault) as caught:
        import_sheet(path, pack)
    assert caught.value.code == "Y902"
    assert contents(pack) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(pack: Path, tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a")])
    pack.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(EnvironmentFault) as caught:
            import_sheet(path, pack)
        assert caught.value.code == "Y901"
    finally:
        pack.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", ".hidden", "x.yaml"])
def test_names_of_files_of_facts(shared: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot have that name"):
        trial(shared, tmp_path, fact("a"), into=name)


# --- appending, alone -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old",
    [
        b"id,title,publisher,year,url,kind,note\na,T,P,2000,,un,\n",
        b"id,title,publisher,year,url,kind,note\na,T,P,2000,,un,",
        b'\xef\xbb\xbfid,title,publisher,year,url,kind,note\r\n"a","T, and",P,2000,,un,\r\n',
        b'note,kind,id,title,publisher\n"two\nlines",un,a,T,P\n\n',
    ],
)
def test_what_stands_in_a_file_stays(old: bytes, tmp_path: Path) -> None:
    rows = [
        {**{k: str(v) for k, v in SOURCE.items() if k != "year"}, "note": "x\ny"},
        {"id": "b", "kind": "un"},
    ]
    new, lines = appending.append_rows(old, "sources", rows)
    assert new.startswith(old)
    text = new.decode("utf-8-sig").splitlines()
    assert ["census" in text[lines[0] - 1] or "census" in text[lines[0]], "b" in text[lines[1] - 1]] == [
        True,
        True,
    ]
    assert lines[1] == lines[0] + 2


def test_a_new_column_widens_every_record_and_changes_no_other_sign() -> None:
    old = b'id,title,publisher,year,url,kind,note\n"a","T",P,2000,,un,"two\nlines"\n\nb,T,P,,,un,\n'
    new, lines = appending.append_rows(old, "sources", [{"id": "c", "accessed": "2024-05-31"}])
    assert new == (
        b'id,title,publisher,year,url,kind,note,accessed\n"a","T",P,2000,,un,"two\nlines",\n\nb,T,P,,,un,,\n'
        b"c,,,,,,,2024-05-31\n"
    )
    assert lines == [6]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    files.write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_copied_pack_is_the_pack_under_another_name(tmp_path: Path) -> None:
    from yupana.evidence.locate import SHIPPED
    from yupana.evidence.skeleton import new_pack

    new_pack(tmp_path / "my_land", SHIPPED / "exampleland")
    before, after = contents(SHIPPED / "exampleland"), contents(tmp_path / "my_land")
    assert [name for name in before if before[name] != after.get(name)] == ["pack.yaml"]
    assert b"id: my_land" in after["pack.yaml"]
    assert not problems_of(tmp_path / "my_land")
