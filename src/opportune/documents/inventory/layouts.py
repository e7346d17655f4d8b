"""Declares what a table of a format looks like, and how its columns are read.

Declarations are data: the families of formats (`families`) are made of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

SERVERS = "servers"
"""A row is a machine."""
SERVER_FACTS = "server-facts"
"""A row says more about a machine that another table lists: it fills in what is blank there."""
SERVER_PARTS = "server-parts"
"""A row is a disk or partition of a machine: sizes are added up for each."""
HOSTS = "hosts"
"""A row is a machine that virtual ones run on: no server itself, it tells their cluster."""


@dataclass(frozen=True)
class Caveat:
    """Something that a format's columns do not mean: noted when one of them is there.

    Args:
        code: Of the note (`quality.Code`).
        message: One sentence.
        keys: Header keys, of which one must be there; none: always.
        lacks: A field of servers: noted only if, with all files read, none of the file's has it.
    """

    code: str
    message: str
    keys: frozenset[str] = frozenset()
    lacks: str = ""


@dataclass(frozen=True)
class Layout:
    """A kind of table: which header means which field, what makes it one, and how it is read.

    Args:
        kind: What a row is: SERVERS, SERVER_FACTS, ..., or the kind of a link.
        headers: Header keys (`header_key`) to field names.
        required: Groups of fields; of each group at least one must be there.
        least: How many fields must be there in all.
        derived: Facts that come from other fields, and in which column they then stand.
        prefixes: May stand in front of any header key: `vinfo` of `vInfoCPUs`.
        units: Field to the unit of its numbers where the header names none. Values still decide
            against it if they cannot be in it. `mb|moref|gb`: MB in rows with a `moref`, else GB.
        shares: How this format writes utilisation, `percent` or `fraction`; "" = either.
        constants: Server fields that the format itself says: `{"is_virtual": True}`.
        fallbacks: Server field to another field, whose column is used where the first, and all
            other tables, say nothing.
        summed: Field to a pattern of header keys: where the field has no column of its own, it is
            the sum of all columns that fit (`Disk 1 size`, `Disk 2 size`).
        caveats: What its columns do not mean.
    """

    kind: str
    headers: Mapping[str, str]
    required: tuple[frozenset[str], ...]
    least: int
    derived: Mapping[str, Sequence[str]]
    prefixes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    shares: str = ""
    constants: Mapping[str, object] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    summed: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[Caveat, ...] = ()

    def field_of(self, key: str) -> str | None:
        """Return the field that a header key means, with or without a prefix."""
        return self.headers.get(self.bare(key))

    def rank_of(self, key: str) -> int:
        """Return how far down a known key is declared: of two columns of a field the first wins."""
        return self._ranks[self.bare(key)]

    def bare(self, key: str) -> str:
        """Return a key as `headers` has it: without a prefix, if only that way it is known."""
        if not self.prefixes or key in self.headers:
            return key
        rests = (key.removeprefix(prefix) for prefix in self.prefixes if key.startswith(prefix))
        return next((rest for rest in rests if rest in self.headers), key)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {key: rank for rank, key in enumerate(self.headers)}

    @cached_property
    def fields(self) -> frozenset[str]:
        """All fields that it knows."""
        return frozenset(self.headers.values())


def layout(  # noqa: PLR0913 - the parts of a declaration, by name
    kind: str,
    fields: Mapping[str, str],
    required: Sequence[str],
    least: int,
    derived: Mapping[str, str] | None = None,
    *,
    base: Layout | None = None,
    prefixes: str = "",
    units: Mapping[str, str] | None = None,
    shares: str = "",
    constants: Mapping[str, object] | None = None,
    fallbacks: Mapping[str, str] | None = None,
    summed: Mapping[str, str] | None = None,
    caveats: Sequence[Caveat] = (),
) -> Layout:
    """Return a layout declared in words: header keys, groups and columns apart by spaces.

    Args:
        kind: As of Layout, as all that follows.
        fields: Field to the header keys that mean it.
        required: Each a group of fields.
        least: How many fields.
        derived: Fact to the fields that it comes from.
        base: A layout whose headers and derived facts hold too; keys of `fields` go before them.
        prefixes: Apart by spaces.
        units: As of Layout.
        shares: As of Layout.
        constants: As of Layout.
        fallbacks: As of Layout.
        summed: As of Layout.
        caveats: As of Layout.
    """
    own = {key: name for name, keys in fields.items() for key in keys.split()}
    known = base.headers if base else {}
    derived_here = {name: tuple(names.split()) for name, names in (derived or {}).items()}
    return Layout(
        kind,
        headers=own | {k: name for k, name in known.items() if k not in own},
        required=tuple(frozenset(group.split()) for group in required),
        least=least,
        derived={**(base.derived if base else {}), **derived_here},
        prefixes=tuple(prefixes.split()),
        units=dict(units or {}),
        shares=shares,
        constants=dict(constants or {}),
        fallbacks=dict(fallbacks or {}),
        summed=dict(summed or {}),
        caveats=tuple(caveats),
    )
