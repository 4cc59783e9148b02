"""What is exported is read back as it was; the template is a sheet that the import knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pack_copy import copy_pack
from sheet_files import FACT

from yupana.core.errors import DataError, UsageError
from yupana.evidence.ledger import Ledger
from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement, Source
from yupana.evidence.sheets.exporting import export_sheet, write_template
from yupana.evidence.sheets.filling import read_rows
from yupana.evidence.sheets.headers import FIELDS
from yupana.evidence.sheets.importing import import_sheet
from yupana.evidence.sheets.opening import beside, open_sheets
from yupana.evidence.sheets.template import allowed_values

# a text of a pack is stripped; line ends and control signs are no part of a cell in a spreadsheet
TEXT = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs"),
        include_characters=' \n,;"=+-@',
        exclude_characters="\ufffe\uffff",
    ),
    max_size=30,
).map(str.strip)
NUMBER = st.floats(-1e300, 1e300, allow_nan=False)
PERIOD = st.sampled_from(
    [("2010", "", ""), ("2008-2012", "", ""), ("2010-06", "", ""), ("about 2011", "2010", "2012"),
     ("1980s", "1980", "1989"), ("2010", "2010-07-01", "2010-12-31"), ("=2010", "2010", "2010")]
)  # fmt: skip
ROW = st.builds(
    lambda period, value, note, vintage, parents, pedigree: {
        **FACT, "period": period[0], "start": period[1], "end": period[2], "value": value, "note": note,
        "vintage": vintage, "derived_from": parents, "pedigree": pedigree, "kind": "stock",
    },
    PERIOD, NUMBER, TEXT, st.none() | st.integers(1500, 2200), st.lists(st.sampled_from(["a", "b.1", "c_2"])),
    st.integers(0, 4),
)  # fmt: skip


@pytest.fixture(scope="module")
def pack() -> Pack:
    """The invented pack."""
    return load_pack("exampleland")


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(ROW, min_size=1, max_size=4), title=TEXT.filter(bool), note=TEXT)
def test_any_row_comes_back_as_it_was(
    pack: Pack, tmp_path: Path, ending: str, rows: list[dict], title: str, note: str
) -> None:
    source = Source(
        id="survey", title=title, publisher="=SUM(A1)", kind="un", accessed="2024-05-31", note=note
    )
    facts = [Measurement.model_validate({**row, "id": f"row-{i}"}) for i, row in enumerate(rows)]
    sources = {"survey": source}
    whole = replace(pack, ledger=Ledger(facts, sources), sources=sources)
    files = export_sheet(whole, facts, tmp_path / f"out{ending}")
    opened = open_sheets(files[0])
    assert not opened.faults
    back: list[Measurement | Source] = []
    for grid, header in opened.tables:
        found, refusals = read_rows(grid, header, whole, "point" if ending == ".csv" else "doubtful")
        assert not refusals
        model = Measurement if header.table == "facts" else Source
        back += [model.model_validate(row.texts) for row in found]
    assert back == [*facts, source]


@pytest.mark.parametrize(("name", "ending"), [("peru", ".xlsx"), ("exampleland", ".csv")])
def test_a_whole_pack_comes_back_unchanged(tmp_path: Path, name: str, ending: str) -> None:
    pack = load_pack(name)
    (path, *_) = export_sheet(pack, pack.ledger, tmp_path / f"all{ending}")
    report = import_sheet(path, name, dry_run=True)
    assert not report.refused
    assert (report.rows, report.sources, report.notes) == ((), (), ())
    used = {row.source for row in pack.ledger}
    assert len(report.unchanged) == len(pack.ledger) + len(used)


def test_rows_taken_out_of_a_pack_are_put_back(pack: Pack, tmp_path: Path) -> None:
    """The ledger after export, deletion and import is the ledger before, in whatever file a row stands."""
    root = copy_pack(tmp_path)
    (path,) = export_sheet(pack, pack.ledger, tmp_path / "all.xlsx")
    file = root / "evidence/ledger.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    cited = ("coca-area-", "leaf-")  # rows that other files of the pack cite stay
    kept = [lines[0], *(line for line in lines[1:] if line.startswith(cited))]
    file.write_text("".join(kept), encoding="utf-8")
    source = root / "sources.csv"
    named = {line.split(",")[0] for line in source.read_text(encoding="utf-8").splitlines()[1:]}
    used = {row.source for row in pack.ledger if row.id.startswith(cited)}
    for name in named - used:
        text = source.read_text(encoding="utf-8").splitlines(keepends=True)
        source.write_text("".join(line for line in text if not line.startswith(f"{name},")), encoding="utf-8")
    report = import_sheet(path, root)
    assert not report.refused
    assert len(report.rows) == len(lines) - len(kept) > 0
    again = load_pack(root)
    assert again.ledger.by_id == pack.ledger.by_id
    assert again.sources == pack.sources


def test_only_sources_of_the_rows_are_written(pack: Pack, tmp_path: Path) -> None:
    rows = pack.ledger.select(source="police")
    facts, sources = export_sheet(pack, rows, tmp_path / "police.csv")
    assert sources == beside(facts)
    assert len(facts.read_text(encoding="utf-8").splitlines()) == 1 + len(rows)
    assert [line.split(",")[0] for line in sources.read_text(encoding="utf-8").splitlines()] == [
        "id",
        "police",
    ]


def test_texts_are_never_formulas(pack: Pack, tmp_path: Path) -> None:
    row = Measurement.model_validate({**FACT, "kind": "stock", "note": '=HYPERLINK("x")'})
    (path,) = export_sheet(pack, [row], tmp_path / "a.xlsx")
    cell = load_workbook(path)["facts"].cell(2, FIELDS["facts"].index("note") + 1)
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("x")')


def test_control_signs_are_refused(pack: Pack, tmp_path: Path) -> None:
    row = Measurement.model_validate({**FACT, "kind": "stock", "note": "bell\x07"})
    with pytest.raises(DataError, match="control signs"):
        export_sheet(pack, [row], tmp_path / "a.xlsx")
    assert not list(tmp_path.iterdir())


def test_names_of_files(pack: Pack, tmp_path: Path) -> None:
    for name, code in (("a.ods", "Y109"), ("a", "Y109")):
        with pytest.raises(UsageError) as caught:
            export_sheet(pack, pack.ledger, tmp_path / name)
        assert caught.value.code == code
    (tmp_path / "b.xlsx").mkdir()
    with pytest.raises(UsageError, match="folder has that name"):
        export_sheet(pack, pack.ledger, tmp_path / "b.xlsx")


def test_the_template_holds_what_the_pack_allows(pack: Pack, tmp_path: Path) -> None:
    path = write_template(pack, tmp_path / "new.xlsx")
    book = load_workbook(path)
    assert book.sheetnames == ["facts", "sources", "columns", "allowed values"]
    for table, fields in FIELDS.items():
        assert tuple(cell.value for cell in book[table][1]) == fields
        listed = [row[1].value for row in book["columns"].iter_rows(min_row=2) if row[0].value == table]
        assert listed == list(fields)
    columns = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in
               book["allowed values"].iter_cols()}  # fmt: skip
    for key, values in allowed_values(pack).items():
        assert columns[key] == [value for value, _ in values]
    assert columns["quantity"] == list(pack.quantities)
    with pytest.raises(UsageError, match="may hold work"):
        write_template(pack, path)


def test_a_filled_template_is_imported(pack: Pack, tmp_path: Path) -> None:
    path = write_template(pack, tmp_path / "new.xlsx")
    book = load_workbook(path)
    for number, field in enumerate(FIELDS["facts"], start=1):
        book["facts"].cell(2, number, FACT.get(field))
    book.save(path)
    report = import_sheet(path, "exampleland", dry_run=True)
    assert (report.rows, report.refused, report.notes) == (("fact-1",), (), ())
