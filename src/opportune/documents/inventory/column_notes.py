"""Notes about a table's columns: how they are understood, and which are not read.

What may be a size comes first, because a size that is not read makes the estimate too small.
"""

from opportune.documents.inventory.headers import hint_of, words_of
from opportune.documents.inventory.layouts import SERVERS
from opportune.documents.inventory.tables import FoundTable
from opportune.documents.inventory.vocabulary import SIZE_UNITS
from opportune.documents.quality import Code, Notes, listed, shortened

COLUMNS_SHOWN = 40
HINTS_SHOWN = 5
SIZES = ("total_cores", "sockets", "total_threads", "ram_gb", "disk_gb")
_HINTED = (*SIZES, "cores_per_cpu", "os_name", "os_version", "hostname", "environment",
           "ip_address", "is_powered_on", "cpu_peak_fraction", "ram_peak_fraction",
           "disk_used_gb")  # fmt: skip


def note_columns(found: FoundTable, notes: Notes) -> None:
    """Note how a table's columns were taken, and the caveats of its format."""
    table = found.table
    place = f"{table.file}, {table.place('', table.header_row)}"
    if found.understood:
        pairs = ", ".join(f"{text!r} as {name}" for name, text in found.understood.items())
        notes.add(
            Code.COLUMN_UNDERSTOOD,
            f"Columns are read by the words of their headers and by their values: {pairs}. "
            "If one is wrong, say what it means with --map COLUMN=FIELD.",
            place,
        )
    if found.unused:
        unused = sorted(found.unused, key=lambda text: not _may_be_size(text))
        notes.add(
            Code.COLUMN_IGNORED,
            f"{len(unused):,} columns are not used: {listed(unused, COLUMNS_SHOWN)}."
            f"{_hints(found, unused)}",
            place,
        )
    for name, header in found.mapped.items():
        cell = table.place(name, table.header_row)
        notes.add(
            Code.COLUMN_MAPPED,
            f"Column {header!r} is read as {name}, as the user decided.",
            f"{table.file}, {cell}",
        )
    for caveat in found.layout.caveats:
        if not caveat.lacks and (not caveat.keys or caveat.keys & found.keys):
            notes.add(Code(caveat.code), caveat.message, place)


def option_for(header: str, field: str) -> str:
    """Return the option that makes a column a field: --map 'Mem alloc=ram_gb'."""
    quoted = f"{header}={field}".replace("'", "'\\''")
    return f"--map '{quoted}'"


def field_hinted(header: str) -> str:
    """Return the field that a header's known words hint at, of those that matter; else ""."""
    name = hint_of(header)
    return name if name in _HINTED else ""


def _hints(found: FoundTable, unused: list[str]) -> str:
    """Return what would take columns that are not used, for fields that the table lacks."""
    if found.layout.kind != SERVERS:
        return ""
    options = []
    for text in unused:
        name = field_hinted(text)
        if name and name not in found.indexes and name in found.layout.fields:
            options.append(option_for(shortened(text), name))
    if not options:
        return ""
    return f" If one of them means what it seems to: {', '.join(options[:HINTS_SHOWN])}."


def _may_be_size(header: str) -> bool:
    return hint_of(header) in SIZES or any(word in SIZE_UNITS for word in words_of(header))
