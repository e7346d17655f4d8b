"""Reads the rows of servers: what several columns say together, and what the format itself says."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from opportune.documents.inventory.cells import first_address, flag_of
from opportune.documents.inventory.columns import Columns
from opportune.documents.inventory.tables import header_key
from opportune.documents.inventory.units import DISK_RULES, RAM_RULES, SizeRules
from opportune.documents.quality import Code, Notes, span
from opportune.model.assessment import Server

_ON_WORDS = (
    "poweredon on running started up active true yes y 1 operational installed inuse live online "
    "encendido encendida activo ativo ligado ligada si sim"
)
_OFF_WORDS = (
    "poweredoff off stopped suspended shutdown shutoff down false no n 0 retired decommissioned "
    "disposed inactive nonoperational offline apagado apagada desligado desligada inactivo "
    "inativo suspendido suspendida"
)
_ON, _OFF = frozenset(_ON_WORDS.split()), frozenset(_OFF_WORDS.split())
_PRODUCT = re.compile(
    r"(?:(?:vmware|v?sphere|esxi?|microsoft|windows|server|hyper-?v|kvm|qemu|xen|xenserver|citrix|"
    r"hypervisor|nutanix|ahv|acropolis|proxmox|ve|oracle|vm|ovm|virtualbox|powervm|ibm|red hat|"
    r"rhev|rhv|openstack|openshift|virtualization|standard|enterprise|update|build|"
    r"[uv]?\d[\d.-]*)(?:[\s/,()]+|$))+",
    re.IGNORECASE,
)
"""A hypervisor's name and version; anything else in such a column is the name of a host."""
_NO_EDITION = frozenset(("none", "no", "n", "na", "n/a", "-", "false", "0", "not installed"))

SHARE_ROUNDING = 0.01
"""What is used, rounded, may pass the whole, rounded, by this share."""

Counts = list[int | None]
Figures = list[float | None]
T = TypeVar("T")


def read_servers(columns: Columns, notes: Notes) -> list[Server]:
    """Return the servers of a table, in its order."""
    said = columns.layout.constants
    sockets, cores, threads = _counts(columns, notes)
    texts, shares = columns.texts, columns.shares
    hostnames = names_in(columns)
    hypervisors, hosts = _hypervisors(columns)
    ram = columns.sizes_gb("ram_gb", RAM_RULES, zero=False)
    disk = columns.sizes_gb("disk_gb", DISK_RULES, zero=True)
    rows = zip(
        columns.numbers,
        _ids(columns, hostnames),
        hostnames,
        _known(_virtual(columns), said, "is_virtual", None),
        _known(hypervisors, said, "hypervisor", ""),
        texts("os_name"),
        texts("os_version"),
        sockets,
        cores,
        threads,
        shares("cpu_peak_fraction"),
        shares("cpu_avg_fraction"),
        ram,
        _ram_shares(columns, ram, "peak"),
        _ram_shares(columns, ram, "avg"),
        shares("uptime_fraction"),
        disk,
        _disk_shares(columns, disk),
        texts("environment"),
        [on is not False for on in columns.flags("is_powered_on", _power_of)],
        _templates(columns),
        [first_address(text) for text in texts("ip_address")],
        hosts,
        texts("cluster"),
        [_edition_of(text) for text in texts("sql_edition")],
        uuids_in(columns),
        texts("serial"),
        texts("vcenter"),
        texts("vcenter_uuid"),
        texts("ci_class"),
        texts("ci_kind"),
        _folders(columns),
        texts("notes"),
        strict=True,
    )
    return [Server(columns.table, *values) for values in rows]


def _known(values: list[T], said: Mapping[str, object], name: str, blank: T) -> list[T]:
    """Return the column, and where it says nothing what the format itself says."""
    if name not in said:
        return values
    constant: T = said[name]  # type: ignore[assignment] # a family declares it in the field's type
    return [constant if value == blank else value for value in values]


def _ram_shares(columns: Columns, ram: Figures, which: str) -> Figures:
    """Return the share of RAM in use: said directly, or by what is used, or free, of all."""
    direct = columns.shares(f"ram_{which}_fraction")
    used = _shares_of(columns, f"ram_used_{which}_gb", ram, RAM_RULES)
    free = _shares_of(columns, f"ram_free_{which}_gb", ram, RAM_RULES)
    return [
        a if a is not None else b if b is not None else None if c is None else round(1 - c, 9)
        for a, b, c in zip(direct, used, free, strict=True)
    ]


def _disk_shares(columns: Columns, disk: Figures) -> Figures:
    direct = columns.shares("disk_used_fraction")
    used = _shares_of(columns, "disk_used_gb", disk, DISK_RULES)
    free = _shares_of(columns, "disk_free_gb", disk, DISK_RULES)
    return [
        a if a is not None else b if b is not None else None if c is None else round(1 - c, 9)
        for a, b, c in zip(direct, used, free, strict=True)
    ]


def _shares_of(columns: Columns, name: str, whole: Figures, rules: SizeRules) -> Figures:
    """Return a column of sizes as shares of the whole; None where more than it, with a note."""
    if name not in columns:
        return [None] * len(whole)
    shares: Figures = []
    sizes = columns.sizes_gb(name, rules, zero=True)
    for position, (size, all_) in enumerate(zip(sizes, whole, strict=True)):
        share = None if size is None or not all_ else size / all_
        if share is not None and share > 1 + SHARE_ROUNDING:
            raw = columns.raw(name, position)
            columns.note(Code.IMPOSSIBLE_VALUE, "more than there is, not used", name, position, raw)
            share = None
        shares.append(None if share is None else round(min(share, 1.0), 9))
    return shares


def _edition_of(text: str) -> str:
    return "" if text.casefold() in _NO_EDITION else text


def names_in(columns: Columns) -> list[str]:
    """Return each row's host name, else its name in another column."""
    names = columns.texts("hostname")
    if "other_name" not in columns:
        return names
    return [a or b for a, b in zip(names, columns.texts("other_name"), strict=True)]


def _hypervisors(columns: Columns) -> tuple[list[str], list[str]]:
    """Return hypervisors and hosts; one column may hold either, told apart by known products."""
    hypervisors, hosts = columns.texts("hypervisor"), columns.texts("host")
    if "hypervisor_or_host" in columns:
        both = columns.texts("hypervisor_or_host")
        are_products = [_PRODUCT.fullmatch(text) is not None for text in both]
        pairs = list(zip(both, are_products, strict=True))
        hypervisors = [text if is_product else "" for text, is_product in pairs]
        hosts = ["" if is_product else text for text, is_product in pairs]
    return hypervisors, hosts


def _ids(columns: Columns, hostnames: Sequence[str]) -> list[str]:
    """Return each row's id; where it is blank another name of it, else the row, with a note."""
    ids = columns.texts("id")
    if "other_id" in columns:
        ids = [a or b for a, b in zip(ids, columns.texts("other_id"), strict=True)]
    addresses, references = columns.texts("ip_address"), columns.texts("moref")
    for position, (id_, hostname) in enumerate(zip(ids, hostnames, strict=True)):
        if id_:
            continue
        name = hostname or first_address(addresses[position]) or references[position]
        ids[position] = name or f"row {columns.numbers[position]}"
        if "id" in columns or not hostname:
            known_by = "host name" if hostname else "address or reference" if name else "row"
            problem = f"no id, known by its {known_by}"
            columns.note(Code.BLANK_ID, problem, "id", position, name)
    return ids


def uuids_in(columns: Columns) -> list[str]:
    """Return each row's UUID: of its own column, or of an id whose header says that it is one."""
    uuids = columns.texts("uuid")
    if "uuid" not in header_key(columns.header("id"))[0]:
        return uuids
    return [id_ or uuid for id_, uuid in zip(columns.texts("id"), uuids, strict=True)]


def _folders(columns: Columns) -> list[str]:
    """Return where each machine stands among others: its folder, resource pool and vApp."""
    parts = [columns.texts(name) for name in ("folder", "pool", "vapp") if name in columns]
    if not parts:
        return [""] * len(columns.numbers)
    return ["/".join(filter(None, texts)) for texts in zip(*parts, strict=True)]


def _virtual(columns: Columns) -> list[bool | None]:
    """Return whether each is virtual: said directly, or by "is physical" the other way round."""
    direct = columns.flags("is_virtual", _virtual_of)
    physical = columns.flags("is_physical", _physical_of)
    references = columns.texts("moref")
    return [
        virtual
        if virtual is not None
        else not bare
        if bare is not None
        else True
        if reference  # only what a hypervisor runs has one
        else None
        for virtual, bare, reference in zip(direct, physical, references, strict=True)
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
        cores = columns.possible("total_cores", cores, "cores_per_cpu")
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
