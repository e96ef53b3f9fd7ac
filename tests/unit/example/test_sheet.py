"""Reading CSV files."""

import csv
import gzip
from pathlib import Path

import pytest
from shop.sheet import Row, Sheet, SheetError

COLUMNS = ("sku", "name")


def read(path: Path) -> list[Row]:
    return list(Sheet(path, COLUMNS))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SheetError) as caught:
        read(path)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


def test_plain_and_gzipped_files_read_alike(tmp_path: Path) -> None:
    text = "sku,name\nA1,One\nA2,Zwei Äpfel\n"
    plain = read(write(tmp_path / "a.csv", text))
    assert plain == [
        Row(2, {"sku": "A1", "name": "One"}),
        Row(3, {"sku": "A2", "name": "Zwei Äpfel"}),
    ]
    assert read(write(tmp_path / "a.csv.gz", gzip.compress(text.encode()))) == plain
    assert read(write(tmp_path / "gzipped.csv", gzip.compress(text.encode()))) == plain


def test_columns_come_in_any_order_and_others_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "homepage,name,sku\nhttps://example.com,One,A1\n")
    assert read(path) == [Row(2, {"sku": "A1", "name": "One"})]


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    assert (
        read(write(tmp_path / "a.csv", b"\xef\xbb\xbfsku,name\nA1,One\n"))[0].cells["sku"] == "A1"
    )


def test_rows_tell_the_line_they_start_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'sku,name\nA1,"One\ntwo\nthree"\n\nA2,Two\n')
    assert [row.line for row in read(path)] == [2, 6]


def test_a_row_with_another_number_of_cells_is_a_problem_of_that_row(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.csv", "sku,name\nA1\nA2,Two\nA3,Three,more\n"))
    assert [row.problem for row in rows] == [
        "It has 1 cells, the header has 2.",
        "",
        "It has 3 cells, the header has 2.",
    ]


def test_long_cells_are_read_and_the_process_wide_limit_is_put_back(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    long = "x" * (before + 1)
    assert read(write(tmp_path / "a.csv", f"sku,name\nA1,{long}\n"))[0].cells["name"] == long
    assert csv.field_size_limit() == before


def test_position_goes_from_nothing_to_the_size(tmp_path: Path) -> None:
    sheet = Sheet(write(tmp_path / "a.csv", "sku,name\n" + "A1,One\n" * 5000), COLUMNS)
    assert sheet.position == 0
    rows = iter(sheet)
    next(rows)
    assert 0 < sheet.position < sheet.size
    list(rows)
    assert sheet.position == sheet.size


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "no.csv")
    with pytest.raises(SheetError, match="does not exist"):
        _ = Sheet(tmp_path / "no.csv", COLUMNS).size


def test_a_folder(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    assert "is empty" in refusal(write(tmp_path / "a.csv", ""))


def test_missing_columns_are_named(tmp_path: Path) -> None:
    assert "lacks the columns name;" in refusal(write(tmp_path / "a.csv", "sku,title\nA1,One\n"))


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    assert "more than one column called name" in refusal(
        write(tmp_path / "a.csv", "sku,name,name\nA1,One,Two\n")
    )


def test_a_file_that_is_only_named_gz(tmp_path: Path) -> None:
    assert "is not gzipped" in refusal(write(tmp_path / "a.csv.gz", "sku,name\nA1,One\n"))


@pytest.mark.parametrize("damage", ["cut", "garbled"])
def test_a_damaged_gzip_file(tmp_path: Path, damage: str) -> None:
    packed = gzip.compress(b"sku,name\n" + b"A1,One\n" * 1000)
    broken = packed[:-20] if damage == "cut" else packed[:15] + bytes(20) + packed[35:]
    assert "is damaged" in refusal(write(tmp_path / "a.csv.gz", broken))


def test_another_encoding(tmp_path: Path) -> None:
    assert "is not text in UTF-8" in refusal(
        write(tmp_path / "a.csv", "sku,name\nA1,Äpfel\n".encode("latin-1"))
    )


def test_an_open_quote_does_not_swallow_the_rest(tmp_path: Path) -> None:
    text = refusal(write(tmp_path / "a.csv", 'sku,name\nA1,One\nA2,"Two\nA3,Three\n'))
    assert "starts on line 3" in text
