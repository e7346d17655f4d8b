"""The servers of an MPA workbook: row for row, with what several columns say together."""

from collections.abc import Sequence

from opportune.assessment import Server
from opportune.documents.cells import flag_of
from opportune.documents.columns import Columns
from opportune.documents.quality import Code, Notes, span
from opportune.documents.units import DISK_RULES, RAM_RULES

_ON = frozenset(("poweredon", "on", "running", "started", "up", "active", "true", "yes", "y", "1"))
_OFF = frozenset(
    ("poweredoff", "off", "stopped", "suspended", "shutdown", "down", "false", "no", "n", "0")
)

Counts = list[int | None]


def read_servers(columns: Columns, notes: Notes) -> list[Server]:
    """Return the servers of a table, in its order."""
    sockets, cores, threads = _counts(columns, notes)
    texts, shares = columns.texts, columns.shares
    hostnames = texts("hostname")
    rows = zip(
        columns.numbers,
        _ids(columns, hostnames),
        hostnames,
        _virtual(columns),
        texts("hypervisor"),
        texts("os_name"),
        texts("os_version"),
        sockets,
        cores,
        threads,
        shares("cpu_peak_fraction"),
        shares("cpu_avg_fraction"),
        columns.sizes_gb("ram_gb", RAM_RULES, zero=False),
        shares("ram_peak_fraction"),
        shares("ram_avg_fraction"),
        shares("uptime_fraction"),
        columns.sizes_gb("disk_gb", DISK_RULES, zero=True),
        shares("disk_used_fraction"),
        texts("environment"),
        [on is not False for on in columns.flags("is_powered_on", _power_of)],
        _templates(columns),
        strict=True,
    )
    return [Server(columns.table, *values) for values in rows]


def _ids(columns: Columns, hostnames: Sequence[str]) -> list[str]:
    """Return each row's id; where it is blank the host name, else the row, with a note."""
    ids = columns.texts("id")
    for position, (id_, hostname) in enumerate(zip(ids, hostnames, strict=True)):
        if id_:
            continue
        ids[position] = hostname or f"row {columns.numbers[position]}"
        if "id" in columns or not hostname:
            problem = "no id, known by its host name" if hostname else "no id, known by its row"
            columns.note(Code.BLANK_ID, problem, "id", position, hostname)
    return ids


def _virtual(columns: Columns) -> list[bool | None]:
    """Return whether each is virtual: said directly, or by "is physical" the other way round."""
    direct = columns.flags("is_virtual", _virtual_of)
    physical = columns.flags("is_physical", _physical_of)
    return [
        virtual if virtual is not None else None if bare is None else not bare
        for virtual, bare in zip(direct, physical, strict=True)
    ]


def _templates(columns: Columns) -> list[bool]:
    templates, placeholders = columns.flags("is_template"), columns.flags("placeholder")
    return [bool(a or b) for a, b in zip(templates, placeholders, strict=True)]


def _counts(columns: Columns, notes: Notes) -> tuple[Counts, Counts, Counts]:
    """Return sockets, all cores and all threads of each server.

    A workbook without cores per CPU counts virtual CPUs: each is one core, and one thread.
    """
    sockets = columns.integers("sockets", 1)
    cores = columns.integers("total_cores", 1)
    threads = columns.integers("total_threads", 1)
    if "cores_per_cpu" in columns:
        product = _times(sockets, columns.integers("cores_per_cpu", 1))
        cores = _first(cores, product)
    if "total_cores" not in columns and "cores_per_cpu" not in columns:
        counted = "sockets" if "sockets" in columns else "total_threads"
        cores = list(sockets if counted == "sockets" else threads)
        _note_assumed(columns, counted, notes)
    if "threads_per_core" in columns:
        threads = _first(threads, _times(cores, columns.integers("threads_per_core", 1)))
    elif "total_threads" not in columns:
        threads = list(cores)
    return sockets, cores, threads


def _note_assumed(columns: Columns, counted: str, notes: Notes) -> None:
    if counted not in columns or not columns.numbers:
        return
    place = span(columns.table, counted, columns.numbers[0], columns.numbers[-1])
    notes.add(
        Code.CORES_ASSUMED,
        "No column says how many cores a CPU has: each CPU counts as one core.",
        f"{columns.table.file}, {place}",
    )


def _times(left: Counts, right: Counts) -> Counts:
    return [None if a is None or b is None else a * b for a, b in zip(left, right, strict=True)]


def _first(left: Counts, right: Counts) -> Counts:
    return [b if a is None else a for a, b in zip(left, right, strict=True)]


def _named_virtual(text: str) -> bool | None:
    """Return whether a text names a virtual (True) or a physical machine (False); else None."""
    word = text.casefold()
    if "virtual" in word or word in ("vm", "guest"):
        return True
    return False if "physical" in word or word == "bare metal" else None


def _virtual_of(text: str) -> bool | None:
    named = _named_virtual(text)
    return flag_of(text) if named is None else named


def _physical_of(text: str) -> bool | None:
    named = _named_virtual(text)
    return flag_of(text) if named is None else not named


def _power_of(text: str) -> bool | None:
    word = "".join(filter(str.isalnum, text.casefold()))
    return True if word in _ON else False if word in _OFF else None
