"""Files as sheets: encodings, separators, workbooks that are none, and what cells of a workbook hide."""

from __future__ import annotations

import contextlib
import datetime
import zipfile
from pathlib import Path

import pytest
from sheet_files import fact, separated, workbook

from yupana.core.errors import DataError, UsageError, YupanaError
from yupana.evidence.sheets.excel import read_workbook
from yupana.evidence.sheets.opening import open_sheets
from yupana.evidence.sheets.separated import read_separated

ROWS = [fact("a", note="Perú, ¿qué?"), fact("b", note="x; y, z")]


def texts(path: Path) -> list[list[str]]:
    """Texts of every row of a CSV file, empty cells left out."""
    return [[cell.text for cell in row] for row in read_separated(path).rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_and_separators_give_the_same_cells(tmp_path: Path, separator: str, encoding: str) -> None:
    plain = separated(tmp_path / "plain.csv", ROWS)
    other = separated(tmp_path / "other.csv", ROWS, separator, encoding)
    assert texts(other) == texts(plain)
    notes = " ".join(read_separated(other).notes)
    assert ("Windows-1252" in notes and "Perú" in notes) == (encoding == "cp1252")
    assert ("separated by" in notes) == (separator != ",")


def test_a_note_full_of_commas_does_not_outvote_the_header(tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", [fact("a", note=", ".join("abcdefghijklmnopqrstuvwxyz"))], ";")
    assert len(texts(path)[0]) == 11


def test_the_separator_line_of_a_spreadsheet_program(tmp_path: Path) -> None:
    path = separated(tmp_path / "a.csv", ROWS, ";")
    path.write_text("sep=;\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert len(open_sheets(path).tables) == 1


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.csv", b"", "Y257", "empty"),
        ("a.csv", b" \n\n", "Y257", "empty"),
        ("a.csv", b"a\x00b", "Y256", "binary"),
        ("a.csv", b"\xff\xfea", "Y256", "UTF-16"),
        ("a.csv", b"id,quantity\n\x81\x8d,2\n", "Y256", "encoding"),
        ("a.csv", b'id,quantity,place\n"a,b', "Y218", "CSV"),
        ("a.csv", b"a,b\n1,2\n", "Y257", "no sheet holds"),
        ("a.csv", b"id,quantity,place,period,unit,source,seen,pedigree,confidence\n", "Y257", "no row"),
        ("a.xlsx", b"id,quantity\n", "Y256", "not a workbook"),
        ("a.xlsx", b"", "Y256", "not a workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0 old", "Y256", "old format or under a password"),
        ("a.xls", b"x", "Y256", ".xls"),
        ("a.ods", b"x", "Y256", ".xlsx"),
        ("a", b"x", "Y256", "without ending"),
    ],
)
def test_files_that_are_no_sheet(tmp_path: Path, name: str, content: bytes, code: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_sheets(path)
    assert caught.value.code == code
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_an_archive_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(DataError, match="damaged"):
        read_workbook(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    separated(tmp_path / "facts.csv", ROWS)
    with pytest.raises(UsageError) as caught:
        open_sheets(tmp_path / "fact.csv")
    assert "did you mean 'facts.csv'?" in str(caught.value)
    with pytest.raises(UsageError, match="file was expected"):
        open_sheets(tmp_path)


def test_an_empty_workbook(tmp_path: Path) -> None:
    path, _ = workbook(tmp_path / "a.xlsx", facts=[])
    with pytest.raises(DataError, match="workbook is empty"):
        open_sheets(path)


def test_a_workbook_whose_formats_reach_far_down(tmp_path: Path) -> None:
    path, book = workbook(tmp_path / "a.xlsx", facts=[fact("a")])
    book["facts"].cell(60_000, 1).number_format = "0.00"
    book.save(path)
    with pytest.raises(DataError, match="too large") as caught:
        read_workbook(path)
    assert "delete the empty rows" in str(caught.value)


def test_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    path, _ = workbook(tmp_path / "a.xlsx", facts=[fact("a")], work=[{"sum": 1, "mean": 2}], empty=[])
    opened = open_sheets(path)
    assert [grid.name for grid, _ in opened.tables] == ["facts"]
    assert opened.notes == ("work: not read, for it has no header of facts or of sources",)


def test_a_hidden_sheet_of_facts_is_refused(tmp_path: Path) -> None:
    path, book = workbook(tmp_path / "a.xlsx", facts=[fact("a")], more=[fact("b")])
    book["more"].sheet_state = "hidden"
    book.save(path)
    (fault,) = open_sheets(path).faults
    assert (fault.code, fault.where) == ("Y258", "sheet more")
    assert "unhide" in (fault.fix or "")


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    path, book = workbook(tmp_path / "a.xlsx", facts=[fact("a"), fact("b")])
    book["facts"].row_dimensions[3].hidden = True
    book.save(path)
    assert open_sheets(path).notes == ("sheet facts: 1 hidden rows were read too",)


def test_what_cells_of_a_workbook_hide(tmp_path: Path) -> None:
    path, book = workbook(tmp_path / "a.xlsx", facts=[fact("a"), fact("b"), fact("c"), fact("d")])
    sheet = book["facts"]
    sheet["E2"] = "=500*2"  # written by a program that stores no values
    sheet["D3"] = datetime.datetime(2010, 6, 1)
    sheet["D3"].number_format = "yyyy"
    sheet["D4"] = datetime.datetime(2010, 6, 1)
    sheet["D4"].number_format = "dd/mm/yyyy"
    sheet["E4"] = True
    sheet.merge_cells("B4:B5")
    sheet.merge_cells("B9:D9")
    book.save(path)
    (grid,) = read_workbook(path)
    assert [row[0].row for row in grid.rows] == [1, 2, 3, 4, 5]
    found = {cell.address: cell for row in grid.rows for cell in row}
    assert "formula" in found["E2"].fault
    assert (found["D3"].sort, found["D4"].sort) == ("date", "day")
    assert found["D3"].text == "2010-06-01"
    assert "truth value" in found["E4"].fault
    assert "B4:B5" in found["B4"].fault
    assert found["B4"].fault == found["B5"].fault
    assert found["E3"].text == "1000"


def test_every_refusal_is_one_of_ours(tmp_path: Path) -> None:
    """Whatever bytes a workbook holds, no foreign error comes through."""
    good, _ = workbook(tmp_path / "good.xlsx", facts=[fact("a")])
    data = good.read_bytes()
    path = tmp_path / "a.xlsx"
    for place in range(0, len(data), len(data) // 40):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :])
        with contextlib.suppress(YupanaError):
            open_sheets(path)
