from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.connectors.spreadsheets import tables, texts
from node.connectors.spreadsheets.faults import Refused, SheetFault
from tests.node.spreadsheets import makers

CHINESE = "商品编码,商品名称\nA1,青花瓷碗\n"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def faults_of(data: bytes, encoding: str | None = None, delimiter: str | None = None) -> list[SheetFault]:
    with pytest.raises(Refused) as refused:
        texts.read(data, encoding, delimiter)
    return refused.value.faults


@pytest.mark.parametrize(
    "data",
    [
        CHINESE.encode("utf-8"),
        CHINESE.encode("utf-8-sig"),
        CHINESE.encode("utf-16"),
        b"\xfe\xff" + CHINESE.encode("utf-16-be"),
        CHINESE.encode("gb18030"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16-le", "utf-16-be", "gb18030"],
)
def test_F02_character_sets_are_told_apart(data: bytes) -> None:
    assert texts.read(data).rows == [["商品编码", "商品名称"], ["A1", "青花瓷碗"]]


@pytest.mark.parametrize(
    "text", ["sku,title\n1,Crème brûlée\n", "sku,title\n1,Jürgen\n2,Öl\n", "sku;name\n1;español\n"]
)
def test_F02_western_text_is_refused_until_its_character_set_is_named(text: str) -> None:
    assert makers.codes(faults_of(text.encode("latin-1"))) == ["sheet.encoding"]
    assert (
        texts.read(text.encode("cp1252"), "cp1252").rows[-1][-1]
        == text.rstrip().rpartition(";" if ";" in text else ",")[2]
    )


def test_F02_an_encoding_fault_names_row_and_byte() -> None:
    fault = faults_of(b"sku\nA\n\xff\xff\xff\n")[0]
    assert (fault.row, fault.code.value, fault.got) == (3, "sheet.encoding", "byte 0xff at offset 6")


def test_F02_utf_32_and_unknown_character_sets_are_refused() -> None:
    assert makers.codes(faults_of("a,b".encode("utf-32"))) == ["sheet.encoding"]
    assert makers.codes(faults_of(b"a,b", "ebcdic")) == ["sheet.encoding"]
    assert makers.codes(faults_of(b"\xff\xfea")) == ["sheet.encoding"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_taken_from_the_heading_line(delimiter: str) -> None:
    assert texts.read(delimiter.join(("sku", "title", "a")).encode()).rows == [["sku", "title", "a"]]


def test_a_delimiter_can_be_named_by_the_merchant_or_by_the_file() -> None:
    assert texts.read(b"a,b;c", delimiter=";").rows == [["a,b", "c"]]
    assert texts.read(b"sep=;\r\na,b;c").rows == [["a,b", "c"]]
    assert texts.read(b'title\n\n"x;y,z";b;c').rows == [["title"], [""], ["x;y,z", "b", "c"]]


def test_a_draw_between_delimiters_is_not_guessed() -> None:
    assert makers.codes(faults_of(b"a;b,c\n1;2,3\n")) == ["sheet.separator"]
    assert makers.codes(faults_of(b"a|b", delimiter="|")) == ["sheet.separator"]


def test_F02_mixed_line_ends_and_empty_lines_keep_the_row_numbers() -> None:
    assert texts.read(b"a,b\r\n1,2\r3,4\n\n5,6").rows == [["a", "b"], ["1", "2"], ["3", "4"], [""], ["5", "6"]]


def test_quoted_cells_hold_everything() -> None:
    rows = texts.read(b'a,b\n"x ""y"" ,\r\nz","",\n').rows
    assert rows == [["a", "b"], ['x "y" ,\r\nz', "", ""]]


@pytest.mark.parametrize(
    ("data", "row", "column"),
    [
        (b'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n', 3, "B"),
        (b'a,b,c\n1,2,"3"x\n', 2, "C"),
        (b'a,b,c\n1,2"3,4\n', 2, "B"),
        (b'"a', 1, "A"),
        (b'a,b\n"multi\nline",1\n2,"x"y\n', 3, "B"),
    ],
)
def test_F02_unbalanced_quotes_are_reported_with_row_and_column(data: bytes, row: int, column: str) -> None:
    assert makers.places(faults_of(data)) == [(row, column, "sheet.quote")]


def test_F02_nul_is_refused_with_every_place() -> None:
    assert makers.places(faults_of(b"a,b\n1\0,2\n3,\0\n")) == [(2, "A", "sheet.nul"), (3, "B", "sheet.nul")]


def test_F02_utf_16_without_its_mark_is_refused() -> None:
    assert "sheet.nul" in makers.codes(faults_of("a,b".encode("utf-16-le")))


def test_F02_a_long_cell_is_refused_with_its_place() -> None:
    data = b"a,b\n1," + b"x" * (tables.CELL_CHARACTERS_MAX + 1) + b"\n"
    assert makers.places(faults_of(data)) == [(2, "B", "sheet.cell-long")]
    assert len(texts.read(b"a,b\n1," + b"x" * tables.CELL_CHARACTERS_MAX).rows[1][1]) == tables.CELL_CHARACTERS_MAX  # type: ignore[arg-type]


def test_F02_too_many_rows_columns_or_cells_are_refused() -> None:
    assert makers.codes(faults_of(b"a\n" * (tables.ROWS_MAX + 1))) == ["sheet.rows"]
    assert makers.codes(faults_of(b"," * 256)) == ["sheet.columns"]
    assert len(texts.read(b"," * 255).rows[0]) == 256
    assert makers.codes(faults_of((b"," * 255 + b"\n") * (tables.AREA_CELLS_MAX // 256 + 1))) == ["sheet.area"]


def test_F02_a_hostile_run_of_quotes_is_refused_at_its_first_one() -> None:
    assert makers.places(faults_of(b'a,b\n"' + b'""' * 2_000_000 + b"x")) == [(2, "A", "sheet.quote")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "＝1", " =1", "'=1", "''+x"])
def test_F01_formulas_are_neutralised_and_restored(text: str) -> None:
    assert texts.neutralised(text) == "'" + text
    assert texts.restored(texts.neutralised(text)) == text


@pytest.mark.parametrize("text", ["", "a=1", "'quoted'", "1-2", "'94107"])
def test_F01_other_texts_are_left_alone(text: str) -> None:
    assert texts.neutralised(text) == text
    assert texts.restored(text) == text


@given(st.text(st.sampled_from("'=+-@\t\r\n a＝"), max_size=8))
@settings(derandomize=True)
def test_F01_neutralising_is_undone_exactly(text: str) -> None:
    safe = texts.neutralised(text)
    assert texts.restored(safe) == text
    assert not safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(",;\t"))
@settings(derandomize=True, deadline=None)
def test_what_is_quoted_comes_back(rows: list[list[str]], delimiter: str) -> None:
    data = makers.csv(*[[texts.neutralised(cell) for cell in row] for row in rows], delimiter=delimiter)
    assert texts.read(b"\xef\xbb\xbf" + data, delimiter=delimiter).rows == rows


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None)
def test_any_bytes_are_rows_or_refused(data: bytes) -> None:
    try:
        rows = texts.read(data).rows
    except Refused as refused:
        assert refused.faults
        return
    assert all(isinstance(cell, str) and "\0" not in cell for row in rows for cell in row)
