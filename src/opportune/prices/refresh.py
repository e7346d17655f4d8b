"""A new price book out of an older one and today's answers of the AWS Price List API.

What the API gives is taken with today's date; what it does not give keeps its figure, source and
date. A row of another region that the API does not give says which region it is of.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from opportune.errors import PriceListError
from opportune.model.records import Model
from opportune.prices.kept import Book, PriceBooks, to_toml
from opportune.prices.price_list import PriceList
from opportune.prices.queries import (
    LICENCES,
    LICENSED_TYPES,
    LICENSED_VCPUS,
    PRODUCTS,
    Query,
    instance,
)

FACTOR = 3
"""A price that rose or fell by more than this is taken only if the user accepts it."""

SOURCE = "aws-price-list"

ELSEWHERE = "; price of "
"""Between a source and the region that a price of another region is of."""

LINEAR = Decimal("0.005")
"""How far a price may be from linear in size: regions round prices to four or five decimals."""


class RowState(StrEnum):
    """What a refresh did to a price."""

    CHANGED = "changed"
    SAME = "same"
    """Asked, and the same as before."""
    KEPT = "kept"
    """Not given by the API: figure, source and date stay."""
    NOT_OFFERED = "not-offered"
    """An instance type that the region does not have: left out."""


class PriceChange(Model):
    """A row of the old book and what has become of it; "" = none."""

    name: str
    old: str
    new: str
    state: RowState


class Refresh(Model):
    """A new price book: its version, and how it differs from the one it was made from."""

    version: str
    made_from: str
    region: str
    file: str
    rows: tuple[PriceChange, ...]


class Quotes(Protocol):
    """Gives prices; see `PriceList`."""

    def on_demand(self, query: Query) -> Decimal | None:
        """Return a price in US dollars; None if the region has no such product."""
        ...


def refresh(  # noqa: PLR0913 - each is a choice of the caller's
    books: PriceBooks,
    *,
    day: date,
    region: str = "",
    endpoint: str = "",
    accepts_jumps: bool = False,
    quotes: Quotes | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Refresh:
    """Make a new dated book from the one in use, and write it to the folder of the others.

    Args:
        books: Where the old one is found and the new one is written.
        day: Of the new book.
        region: Empty = that of the book in use.
        endpoint: Of the API; empty = that of AWS.
        accepts_jumps: Take prices that changed beyond FACTOR.
        quotes: Where prices come from; None = the API.
        on_progress: Called with the name of each price before it is asked for.

    Raises:
        PriceListError: A price cannot be believed; nothing was written.
        ConfigurationError: No credentials, or the book in use or the folder cannot be used.
    """
    old = books.find(books.chosen().version)
    region = region or old.prices.region
    made = _Making(old, region, quotes or PriceList(region, endpoint=endpoint), on_progress)
    made.take_instance_types()
    made.take_products()
    made.take_licences()
    if not made.is_answered:
        raise PriceListError(f"The Price List API knows none of our prices in {region!r}.")
    _check_jumps(made.rows, accepts_jumps=accepts_jumps)
    version = _free_version(f"{region} {day.isoformat()}", set(books.versions()))
    data = made.finished(version, day)
    head = (
        f"# Prices of {region} in US dollars, before tax: book {old.version!r}, refreshed by "
        f"the AWS Price List API on {day.isoformat()}.\n\n"
    )
    path = books.add(head + to_toml(data), version)
    return Refresh(
        version=version,
        made_from=old.version,
        region=region,
        file=str(path),
        rows=tuple(made.rows),
    )


class _Making:
    def __init__(
        self, old: Book, region: str, quotes: Quotes, on_progress: Callable[[str], None] | None
    ) -> None:
        self._old = old
        self._region = region
        self._quotes = quotes
        self._on_progress = on_progress
        self._data: dict[str, Any] = deepcopy(dict(old.data))
        self._moves = region != old.prices.region
        self.rows: list[PriceChange] = []
        self._known: dict[str, Decimal | None] = {}

    @property
    def is_answered(self) -> bool:
        return any(price is not None for price in self._known.values())

    def take_instance_types(self) -> None:
        for family, row in list(self._data["ec2"].items()):
            given = {
                size: price
                for size in row["sizes"]
                if (price := self._ask(instance(f"{family}.{size}"))) is not None
            }
            self._take_family(family, row, given)

    def _take_family(self, family: str, row: dict[str, Any], given: dict[str, Decimal]) -> None:
        types = {s: self._old.prices.instance_types[f"{family}.{s}"] for s in row["sizes"]}
        large = next((price * 2 / types[s].vcpus for s, price in given.items()), None)
        for size, price in given.items():
            linear = (large or price) * types[size].vcpus / 2
            if abs(price - linear) > linear * LINEAR:
                raise PriceListError(
                    f"The Price List API gave {family}.{size} for {price}, which is not in line "
                    f"with the other sizes of {family} ({linear.normalize():f})."
                )
        for size, type_ in types.items():
            state = RowState.NOT_OFFERED if self._moves and size not in given else None
            self._note(f"{type_.name}-hour", type_.hourly, given.get(size), state)
        if large is not None:
            row["large_hourly"] = f"{large.normalize():f}"
            row["source"] = SOURCE
            if self._moves:
                row["sizes"] = list(given)
        elif self._moves:
            del self._data["ec2"][family]

    def take_products(self) -> None:
        for name, row in self._data["price"].items():
            if name in LICENCES:
                continue
            query = PRODUCTS.get(name)
            price = self._ask(query) if query else None
            self._take(name, row, None if price is None or query is None else price * query.times)

    def take_licences(self) -> None:
        for name, row in self._data["price"].items():
            if name in LICENCES:
                self._take(name, row, self._licence(name, *LICENCES[name]))

    def _licence(self, name: str, system: str, software: str) -> Decimal | None:
        found: dict[str, Decimal] = {}
        for type_ in LICENSED_TYPES:
            whole = self._ask(instance(type_, system, software))
            bare = self._ask(instance(type_))
            if whole is not None and bare is not None:
                found[type_] = (whole - bare) / LICENSED_VCPUS
        if not found:
            return None
        first = next(iter(found.values()))
        if first <= 0 or any(abs(amount - first) > first * LINEAR for amount in found.values()):
            each = ", ".join(f"{type_} {amount.normalize():f}" for type_, amount in found.items())
            raise PriceListError(f"The Price List API does not give one price for {name}: {each}.")
        return first

    def _ask(self, query: Query) -> Decimal | None:
        if query.name not in self._known:
            if self._on_progress:
                self._on_progress(query.name)
            self._known[query.name] = self._quotes.on_demand(query)
        return self._known[query.name]

    def _take(self, name: str, row: dict[str, Any], price: Decimal | None) -> None:
        self._note(name, Decimal(row["amount"]), price)
        if price is not None:
            row["amount"], row["source"] = f"{price.normalize():f}", SOURCE

    def _note(
        self, name: str, old: Decimal, new: Decimal | None, state: RowState | None = None
    ) -> None:
        if new is None:
            state = state or RowState.KEPT
        else:
            state = RowState.SAME if new == old else RowState.CHANGED
        kept = old if state == RowState.KEPT else None
        now = new if new is not None else kept
        text = "" if now is None else f"{now.normalize():f}"
        self.rows.append(PriceChange(name=name, old=f"{old.normalize():f}", new=text, state=state))

    def finished(self, version: str, day: date) -> Mapping[str, Any]:
        """Return the new book: only the sources that it uses, and other regions' prices named."""
        sources = {
            **self._data["sources"],
            SOURCE: {
                "name": f"AWS Price List API, {self._region}",
                "snapshot": day.isoformat(),
            },
        }
        used: dict[str, Any] = {}
        for row in self._used_rows():
            key = row["source"]
            if self._moves and key != SOURCE and ELSEWHERE not in sources[key]["name"]:
                row["source"] = f"{key}-{self._old.prices.region}"
                used[row["source"]] = _of_region(sources[key], self._old.prices.region)
            else:
                used[key] = sources[key]
        return {**self._data, "version": version, "region": self._region, "sources": used}

    def _used_rows(self) -> Iterator[dict[str, Any]]:
        yield from self._data["ec2"].values()
        yield from self._data["price"].values()


def _of_region(source: Mapping[str, str], region: str) -> Mapping[str, str]:
    return {**source, "name": f"{source['name']}{ELSEWHERE}{region}"}


def _check_jumps(rows: Collection[PriceChange], *, accepts_jumps: bool) -> None:
    jumps = [
        f"{row.name} {row.old} -> {row.new}"
        for row in rows
        if row.state == RowState.CHANGED
        and not 1 / Decimal(FACTOR) <= Decimal(row.new) / Decimal(row.old) <= FACTOR
    ]
    if jumps and not accepts_jumps:
        raise PriceListError(
            f"Prices changed by more than a factor of {FACTOR}: {'; '.join(jumps)}. "
            "Nothing was written; --accept takes them."
        )


def _free_version(wanted: str, taken: Collection[str]) -> str:
    number, version = 1, wanted
    while version in taken:
        number += 1
        version = f"{wanted}.{number}"
    return version
