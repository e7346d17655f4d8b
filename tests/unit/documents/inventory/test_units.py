"""Units are decided by a whole column's values, and numbers read as people write them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from workbooks import (
    codes,
    column,
    note,
    read_sheets,
    servers,
)

from opportune.documents.inventory.cells import Quantity, decimal_mark_of, quantity_of
from opportune.documents.inventory.units import DISK_RULES, RAM_RULES, decide_share, decide_size
from opportune.documents.opening.texts import text_of
from opportune.documents.quality import Code


def test_a_column_up_to_one_is_a_fraction_and_says_so() -> None:
    found = column("maxCpuUsagePctDec (%)", 0.75, 0.5, 0.75)
    assert [s.cpu_peak_fraction for s in found.servers] == [0.75, 0.5, 0.75]
    message, source = note(found, Code.UNIT_DECIDED)
    assert "fraction" in message
    assert source == "estate.xlsx, Servers!D2:D4"


def test_a_column_above_one_and_a_half_is_percent() -> None:
    found = column("maxCpuUsagePctDec (%)", 0.5, 50, 100)
    assert [s.cpu_peak_fraction for s in found.servers] == [0.005, 0.5, 1.0]
    assert "percent" in note(found, Code.UNIT_DECIDED)[0]


def test_a_column_with_its_largest_just_above_one_is_doubtful() -> None:
    found = column("Avg CPU Usage", 0.4, 1.2)
    assert [s.cpu_avg_fraction for s in found.servers] == [0.4, None]
    assert "could be either" in note(found, Code.UNIT_AMBIGUOUS)[0]
    assert note(found, Code.IMPOSSIBLE_VALUE)[1] == "estate.xlsx, Servers!D3"


def test_a_stray_percent_does_not_turn_a_column_of_fractions_into_percent() -> None:
    found = column("Max CPU Usage", *[0.75] * 40, 75)
    assert [s.cpu_peak_fraction for s in found.servers] == [0.75] * 40 + [None]
    assert "at most 1" in note(found, Code.MIXED_UNITS)[0]


def test_a_percent_sign_in_a_cell_settles_that_cell() -> None:
    found = column("Max CPU Usage", "75%", "80 %", 0.5)
    assert [s.cpu_peak_fraction for s in found.servers] == [0.75, 0.8, 0.5]


def test_a_column_of_zeros_is_zero() -> None:
    assert [s.cpu_peak_fraction for s in column("Max CPU Usage", 0, 0).servers] == [0, 0]


@given(st.lists(st.floats(0, 1), min_size=1))
def test_values_up_to_one_are_never_read_as_percent(values: list[float]) -> None:
    decision = decide_share(values)
    assert (decision.factor, decision.doubt) == (1.0, None)


@given(st.lists(st.floats(1.01, 100), min_size=1), st.lists(st.floats(0, 1), max_size=5))
def test_values_mostly_above_one_are_percent(large: list[float], small: list[float]) -> None:
    assume(max(large) > 1.5)
    assert decide_share([*small, *large]).factor == 0.01


@given(st.lists(st.floats(0, 100), min_size=1))
def test_the_order_of_values_does_not_decide_the_unit(values: list[float]) -> None:
    assert decide_share(values) == decide_share(sorted(values))


@given(st.lists(st.integers(1, 1024), min_size=1))
def test_ram_in_gb_and_in_mb_comes_out_the_same(sizes: list[int]) -> None:
    gb = decide_size([float(s) for s in sizes], "gb", RAM_RULES)
    mb = decide_size([s * 1024.0 for s in sizes], "mb", RAM_RULES)
    assert [s * gb.factor for s in sizes] == [s * 1024 * mb.factor for s in sizes]


def test_memory_in_mb_becomes_gb() -> None:
    assert [s.ram_gb for s in column("Memory (MB)", 2048, 16384).servers] == [2, 16]


def test_memory_without_a_unit_is_decided_by_its_values_and_marked() -> None:
    found = column("Memory", 4096, 16384)
    assert [s.ram_gb for s in found.servers] == [4, 16]
    assert Code.UNIT_AMBIGUOUS in codes(found)
    assert [s.ram_gb for s in column("Memory", 4, 16).servers] == [4, 16]


def test_a_header_that_contradicts_its_values_is_not_believed() -> None:
    found = column("totalRAM (GB)", 16384, 32768)
    assert [s.ram_gb for s in found.servers] == [16, 32]
    assert "although the header says GB" in note(found, Code.UNIT_CONTRADICTION)[0]
    assert [s.ram_gb for s in column("Memory (MB)", 16, 32).servers] == [16, 32]


def test_disk_sizes_with_units_in_the_cell() -> None:
    header = "Storage-Total Disk Size (GB)"
    found = column(header, "500 GB", "1,5 TB", "2048 MB", 250, "1 TB", "512MiB")
    assert [s.disk_gb for s in found.servers] == [500, 1536, 2, 250, 1024, 0.5]


def test_a_unit_that_is_none_is_left_blank() -> None:
    found = column("Storage (GB)", "500 apples", 100)
    assert [s.disk_gb for s in found.servers] == [None, 100]
    assert "'apples'" in note(found, Code.VALUE_NOT_UNDERSTOOD)[0]


def test_unit_rules_agree_on_plausible_disks() -> None:
    assert decide_size([500.0, 2000.0], "gb", DISK_RULES).factor == 1


# Numbers as people write them


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1,5", "", 1.5),
        ("1.5", "", 1.5),
        ("1.234,56", "", 1234.56),
        ("1,234.56", "", 1234.56),
        ("1 234,5", "", 1234.5),
        ("1'234", "", 1234),
        ("1.234.567", "", 1_234_567),
        ("1,234,567", "", 1_234_567),
        ("1,500", "", 1500),
        ("1.500", "", 1.5),
        ("1.500", ",", 1500),
        ("1,500", ",", 1.5),
        ("0,500", "", 0.5),
        ("-3", "", -3),
        ("+7", "", 7),
        ("12500", "", 12500),
    ],
)
def test_numbers_in_every_notation(text: str, mark: str, value: float) -> None:
    assert quantity_of(text, mark) == Quantity(value, "")


@pytest.mark.parametrize(
    "text", ["", "abc", "1..2", "GB 5", "1,2,3", "1,00,000", "\u0663", "1e5x7", "5 GB extra"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert quantity_of(text, ".") is None


@given(st.integers(0, 10**9), st.integers(0, 99), st.sampled_from(["en", "de", "plain"]))
def test_a_number_written_in_a_notation_is_read_back(whole: int, cents: int, notation: str) -> None:
    english = f"{whole:,}.{cents:02}"
    text = {
        "en": english,
        "de": english.translate(str.maketrans(",.", ".,")),
        "plain": f"{whole}.{cents:02}",
    }[notation]
    assert quantity_of(text, "") == Quantity(float(f"{whole}.{cents:02}"), "")


def test_a_column_settles_what_a_cell_leaves_open() -> None:
    assert decimal_mark_of(["1.500", "2,5"]) == ","
    assert decimal_mark_of(["1,500", "2.5"]) == "."
    assert decimal_mark_of(["1.500"]) == ""
    found = column("Storage (GB)", "1.500", "2,5", 10)
    assert [s.disk_gb for s in found.servers] == [1500, 2.5, 10]
    assert Code.NUMBER_AMBIGUOUS not in codes(found)
    assert (
        "thousands or decimals" in note(column("Storage (GB)", "1.500", 10), "number-ambiguous")[0]
    )


@given(st.text())
def test_any_text_becomes_one_clean_line(text: str) -> None:
    clean = text_of(text)
    assert clean == clean.strip()
    assert not any(character in clean for character in "\n\r\t\0")
    assert text_of(clean) == clean


def test_versions_stored_as_numbers_have_no_decimals() -> None:
    found = read_sheets(**servers(("osVersion",), ("Windows ", 2019.0), ("RHEL", 5.11)))
    assert [s.os_version for s in found.servers] == ["2019", "5.11"]
    assert found.servers[0].os_name == "Windows"


def test_line_breaks_in_cells_become_spaces() -> None:
    assert column("Environment", "prod\n(main)").servers[0].environment == "prod (main)"
