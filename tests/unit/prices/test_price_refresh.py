import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from price_list_double import PriceListDouble, catalogue, product, refusal, running

from opportune.errors import (
    ConfigurationError,
    InvalidInputError,
    PriceBookMissingError,
    PriceListError,
)
from opportune.prices.book import PriceBook
from opportune.prices.kept import Book, PriceBooks, to_toml
from opportune.prices.price_list import TRIES
from opportune.prices.queries import LICENCES, PRODUCTS, instance
from opportune.prices.refresh import Refresh, RowState, refresh

DAY = date(2026, 12, 1)
BUNDLED = PriceBook.bundled()
HOURLY = {t.name: t.hourly for t in BUNDLED.instance_types.values()}
PER_VCPU = {name: BUNDLED.price(name).amount for name in LICENCES}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceListDouble]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore waits before it asks again
    with running(PriceListDouble(catalogue("us-east-1", HOURLY, PER_VCPU))) as double:
        yield double


@pytest.fixture
def books(tmp_path: Path) -> PriceBooks:
    return PriceBooks(tmp_path / "prices")


def refreshed(double: PriceListDouble, books: PriceBooks, **options: Any) -> Refresh:
    return refresh(books, day=DAY, endpoint=double.url, **options)


def of(found: Refresh, state: RowState) -> dict[str, tuple[str, str]]:
    return {row.name: (row.old, row.new) for row in found.rows if row.state == state}


def test_a_refresh_writes_a_new_book_and_says_what_changed(
    double: PriceListDouble, books: PriceBooks
) -> None:
    double.products = catalogue(
        "us-east-1", {name: price * 2 for name, price in HOURLY.items()}, PER_VCPU
    )
    found = refreshed(double, books)
    assert found.version == "us-east-1 2026-12-01"
    changed = of(found, RowState.CHANGED)
    assert changed["m7i.large-hour"] == ("0.1008", "0.2016")
    assert changed["gp3-gb-month"] == ("0.08", "0.09")
    assert of(found, RowState.SAME)["windows-vcpu-hour"] == ("0.046", "0.046")
    book = books.find(found.version)
    assert book.prices.instance_types["m7i.48xlarge"].hourly == Decimal("19.3536")
    dates = {row.name: row.snapshot for row in book.rows}
    assert dates["gp3-gb-month"] == dates["m7i.large-hour"] == "2026-12-01"
    assert set(double.targets) == {"AWSPriceListService.GetProducts"}


def test_what_the_api_does_not_give_keeps_its_price_and_its_date(
    double: PriceListDouble, books: PriceBooks
) -> None:
    found = refreshed(double, books)
    kept = of(found, RowState.KEPT)
    assert "drs-server-hour" in kept
    assert "m7i-large-instance-sp-3y-month" in kept
    before = {row.name: row for row in books.find().rows}
    after = {row.name: row for row in books.find(found.version).rows}
    assert before.keys() == after.keys()
    for name in kept:
        assert after[name] == before[name]


def test_a_book_is_never_written_over(double: PriceListDouble, books: PriceBooks) -> None:
    first, second = refreshed(double, books), refreshed(double, books)
    assert (first.version, second.version) == ("us-east-1 2026-12-01", "us-east-1 2026-12-01.2")
    before = Path(first.file).read_bytes()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        books.add("other", first.version)
    assert Path(first.file).read_bytes() == before
    assert {p.suffix for p in Path(first.file).parent.iterdir()} == {".toml"}


def test_another_region_has_its_own_prices_and_says_which_are_not(
    double: PriceListDouble, books: PriceBooks
) -> None:
    offered = {n: p + p / 10 for n, p in HOURLY.items() if not n.startswith("r7g.")}
    del offered["m7i.48xlarge"]
    double.products += catalogue("eu-west-1", offered, PER_VCPU)
    found = refreshed(double, books, region="eu-west-1")
    assert found.version == "eu-west-1 2026-12-01"
    gone = of(found, RowState.NOT_OFFERED)
    assert {"r7g.large-hour", "m7i.48xlarge-hour"} <= gone.keys()
    book = books.find(found.version)
    assert book.prices.region == "eu-west-1"
    assert not {"r7g.large", "m7i.48xlarge"} & book.prices.instance_types.keys()
    assert book.prices.instance_types["c7i.large"].hourly == Decimal("0.098175")
    (drs,) = (row for row in book.rows if row.name == "drs-server-hour")
    assert drs.source.endswith("; price of us-east-1")
    asked = {
        f["Value"] for r in double.requests for f in r["Filters"] if f["Field"] == "regionCode"
    }
    assert asked == {"eu-west-1"}


def test_a_region_that_the_api_does_not_know_is_refused(
    double: PriceListDouble, books: PriceBooks
) -> None:
    with pytest.raises(PriceListError, match="none of our prices in 'mars-1'"):
        refreshed(double, books, region="mars-1")
    assert list(books.versions()) == [BUNDLED.version]


def test_pages_are_put_together(double: PriceListDouble, books: PriceBooks) -> None:
    query = instance("m7i.large")
    noise = [product(query, "us-east-1", "7") for _ in range(5)]
    for other in noise:
        other["product"]["attributes"]["usagetype"] = "UnusedBox:m7i.large"
    double.products = noise + double.products
    refreshed(double, books)
    assert "4" in {r.get("NextToken") for r in double.requests}


def test_a_throttled_question_is_asked_again(double: PriceListDouble, books: PriceBooks) -> None:
    double.plan = lambda number, _: refusal("ThrottlingException") if number % 3 else None
    assert refreshed(double, books).version


def test_what_stays_throttled_is_told(double: PriceListDouble, books: PriceBooks) -> None:
    double.plan = lambda number, _: refusal("ThrottlingException")
    with pytest.raises(PriceListError, match=r"m7i|c7i.*ThrottlingException.*try again later"):
        refreshed(double, books)
    assert len(double.requests) == TRIES


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_credentials_that_may_not_ask_are_told(
    double: PriceListDouble, books: PriceBooks, code: str
) -> None:
    double.plan = lambda number, _: refusal(code)
    with pytest.raises(ConfigurationError, match="pricing:GetProducts"):
        refreshed(double, books)


def test_without_credentials_nothing_is_asked(
    double: PriceListDouble, books: PriceBooks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="none were found"):
        refreshed(double, books)
    assert double.requests == []


def test_a_server_that_is_not_there_is_told(double: PriceListDouble, books: PriceBooks) -> None:
    double.url = "http://127.0.0.1:9"
    with pytest.raises(PriceListError, match="did not answer"):
        refreshed(double, books)


def gp3(price: str) -> dict[str, Any]:
    return product(PRODUCTS["gp3-gb-month"], "us-east-1", price)


def without(found: dict[str, Any], *path: str) -> dict[str, Any]:
    place = found
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return found


RATE = ("terms", "OnDemand", "T.1", "priceDimensions", "T.1.1")
NONSENSE = {
    "no price": without(gp3("1"), *RATE, "pricePerUnit", "USD"),
    "no rate": without(gp3("1"), *RATE),
    "no terms": without(gp3("1"), "terms"),
    "no attributes": without(gp3("1"), "product", "attributes", "usagetype"),
    "zero": gp3("0.0000000000"),
    "negative": gp3("-0.08"),
    "not a number": gp3("NaN"),
    "infinite": gp3("Infinity"),
    "words": gp3("eight cents"),
    "another price": gp3("0.0800000001"),
    "another unit": product(
        PRODUCTS["snapshot-gb-month"].__class__(
            "gp3", PRODUCTS["gp3-gb-month"].attributes, "EBS:VolumeUsage.gp3", "IOPS-Mo"
        ),
        "us-east-1",
        "0.08",
    ),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_refused_in_one_sentence_and_nothing_is_written(
    double: PriceListDouble, books: PriceBooks, case: str
) -> None:
    usage = PRODUCTS["gp3-gb-month"].usage
    healthy = [p for p in double.products if p["product"]["attributes"]["usagetype"] != usage]
    kept = double.products if case == "another price" else healthy
    double.products = [*kept, NONSENSE[case]]
    with pytest.raises(PriceListError, match=r"EBS gp3") as refused:
        refreshed(double, books)
    assert "\n" not in str(refused.value)
    assert list(books.versions()) == [BUNDLED.version]


MALFORMED: dict[str, dict[str, Any]] = {
    "not json": {"raw": b"<html>a proxy's page</html>"},
    "half an answer": {"raw": b'{"PriceList": ["{'},
    "price list of numbers": {"PriceList": [1, 2]},
    "product that is no json": {"PriceList": ["{half"]},
    "product that is a list": {"PriceList": ["[1]"]},
    "never the last page": {"PriceList": [], "NextToken": "0"},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_answer_is_refused_in_one_sentence(
    double: PriceListDouble, books: PriceBooks, case: str
) -> None:
    double.plan = lambda number, _: (200, MALFORMED[case])
    with pytest.raises(PriceListError):
        refreshed(double, books)
    assert list(books.versions()) == [BUNDLED.version]


def test_a_jump_is_taken_only_if_it_is_accepted(double: PriceListDouble, books: PriceBooks) -> None:
    double.products = catalogue("us-east-1", {n: p * 4 for n, p in HOURLY.items()}, PER_VCPU)
    with pytest.raises(PriceListError, match=r"m7i\.large-hour 0\.1008 -> 0\.4032.*--accept"):
        refreshed(double, books)
    assert list(books.versions()) == [BUNDLED.version]
    assert refreshed(double, books, accepts_jumps=True).version


def test_sizes_out_of_line_are_refused(double: PriceListDouble, books: PriceBooks) -> None:
    prices = HOURLY | {"r7i.16xlarge": HOURLY["r7i.16xlarge"] * Decimal("1.02")}
    double.products = catalogue("us-east-1", prices, PER_VCPU)
    with pytest.raises(PriceListError, match=r"r7i\.16xlarge for 4\.3.* not in line"):
        refreshed(double, books)


def test_licences_that_differ_by_type_are_refused(
    double: PriceListDouble, books: PriceBooks
) -> None:
    double.products = [
        p
        for p in double.products
        if p["product"]["attributes"].get("instanceType") != "c7i.xlarge"
        or p["product"]["attributes"]["operatingSystem"] == "Linux"
    ]
    double.products.append(product(instance("c7i.xlarge", "Windows"), "us-east-1", "0.5"))
    with pytest.raises(PriceListError, match=r"one price for windows-vcpu-hour.*c7i\.xlarge"):
        refreshed(double, books)


def test_databases_are_priced_by_the_month(double: PriceListDouble, books: PriceBooks) -> None:
    query = PRODUCTS["rds-mysql-m5-large-month"]
    double.products.append(product(query, "us-east-1", "0.1800000000"))
    found = refreshed(double, books)
    assert of(found, RowState.CHANGED)["rds-mysql-m5-large-month"] == ("124.83", "131.4")


def test_every_row_that_is_asked_for_is_a_row_of_the_bundled_book() -> None:
    assert {*PRODUCTS, *LICENCES} <= BUNDLED.prices.keys()


def test_a_book_of_ones_own_is_known_by_its_version(books: PriceBooks, tmp_path: Path) -> None:
    own = dict(books.find().data) | {"version": "agreed 2026"}
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(own), "utf-8")
    assert books.keep(path) == books.keep(path) == "agreed 2026"
    path.unlink()
    assert books.prices("agreed 2026").version == "agreed 2026"
    path.write_text(to_toml(own | {"hours_a_year": 8784}), "utf-8")
    with pytest.raises(InvalidInputError, match="version of its own"):
        books.keep(path)


def test_a_book_may_not_take_the_name_of_the_bundled_one(books: PriceBooks, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(dict(books.find().data) | {"hours_a_year": 1}), "utf-8")
    with pytest.raises(InvalidInputError, match=re.escape(BUNDLED.version)):
        books.keep(path)


@pytest.mark.parametrize("version", ["", "  ", 2026, "a/b", "mine.toml"])
def test_a_version_that_is_no_name_is_refused(
    books: PriceBooks, tmp_path: Path, version: object
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(dict(books.find().data) | {"version": version}), "utf-8")
    with pytest.raises(ConfigurationError, match=r"mine\.toml has the version"):
        books.keep(path)


def test_a_book_with_days_as_days_is_shown_and_refreshed(
    double: PriceListDouble, tmp_path: Path
) -> None:
    data = dict(PriceBooks().find().data) | {"version": "mine"}
    data["sources"] = {key: {**source, "snapshot": DAY} for key, source in data["sources"].items()}
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(data), "utf-8")
    books = PriceBooks(tmp_path / "prices", default=str(path))
    assert {row.snapshot for row in books.answer().rows} == {"2026-12-01"}
    assert refreshed(double, books).made_from == "mine"


def test_a_memory_store_keeps_no_book_on_disk(tmp_path: Path) -> None:
    books = PriceBooks(tmp_path / "prices", is_lasting=False)
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(dict(books.find().data) | {"version": "mine"}), "utf-8")
    assert books.prices(books.keep(path)).version == "mine"
    assert not (tmp_path / "prices").exists()


def test_a_missing_book_is_one_clear_sentence(books: PriceBooks) -> None:
    with pytest.raises(PriceBookMissingError, match=r"'gone' is not here \(known: us-east-1 .*\)"):
        books.prices("gone")


def test_the_default_may_be_a_version_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(dict(PriceBooks().find().data) | {"version": "mine"}), "utf-8")
    assert PriceBooks(tmp_path / "prices", default=str(path)).chosen().version == "mine"
    assert PriceBooks(tmp_path / "prices", default="mine").chosen().version == "mine"
    assert PriceBooks(tmp_path / "prices").chosen().version == BUNDLED.version


def test_a_damaged_book_is_named(books: PriceBooks, tmp_path: Path) -> None:
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "half.toml").write_text('version = "x', "utf-8")
    assert books.prices("").version == BUNDLED.version
    with pytest.raises(ConfigurationError, match=r"half\.toml"):
        books.prices("gone")


KEYS = st.text(min_size=1, max_size=8).filter(lambda t: t.isprintable() or "\x7f" in t)
LEAVES = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.dates(),
    st.floats(allow_nan=False, allow_infinity=False),
)
TABLES = st.recursive(
    st.dictionaries(KEYS, st.one_of(LEAVES, st.lists(st.text(max_size=5), max_size=3)), max_size=4),
    lambda inner: st.dictionaries(KEYS, st.one_of(LEAVES, inner), max_size=4),
    max_leaves=12,
)


@given(TABLES)
def test_toml_that_is_written_is_read_back_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(data)) == data


def test_a_written_book_says_what_it_was_made_from(
    double: PriceListDouble, books: PriceBooks
) -> None:
    found = refreshed(double, books)
    text = Path(found.file).read_text("utf-8")
    assert text.startswith(
        f"# Prices of us-east-1 in US dollars, before tax: book {BUNDLED.version!r}"
    )
    assert Book.load(Path(found.file)).version == found.version
