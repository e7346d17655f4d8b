"""What a seller must know about the figures themselves: what they leave out, and rest on."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from opportune.analysis.case import Case, counted_in_base
from opportune.analysis.doubts import (
    ASSUMED_CPU,
    ASSUMED_DISK_GB,
    ASSUMED_RAM,
    with_assumed_disks,
    with_assumed_peaks,
    without_peaks,
)
from opportune.analysis.places import located
from opportune.analysis.support import database_engine, operating_system
from opportune.model.assessment import Database, Server
from opportune.model.records import QualityNote

T = TypeVar("T", Server, Database)


def quality_notes(case: Case) -> tuple[QualityNote, ...]:
    """Return the notes of an analysis, in a fixed order."""
    base, words = case.base, case.words
    unmeasured = [
        s.server
        for s in base.sized
        if s.need.cpu_peak_fraction is None or s.need.ram_peak_fraction is None
    ]
    constant = base.constant_peaks
    filled_in = (
        [
            s.server
            for s in base.sized
            if (s.need.cpu_peak_fraction, s.need.ram_peak_fraction) == constant[:2]
        ]
        if constant
        else []
    )
    unclear_os = [
        s
        for s in case.running
        if (found := operating_system(s.os_name, s.os_version)) and found.release is None
    ]
    unclear_engines = [
        d
        for d in case.assessment.databases
        if (found := database_engine(d.engine, d.version)) and found.release is None
    ]
    off = {id(s.server): s for s in base.powered_off_sized}
    return (
        *_notes(case, "server-size-unknown", base.unknown_size),
        *_notes(case, "server-fits-no-type", base.too_large),
        *_notes(
            case,
            "powered-off-left-out",
            base.powered_off,
            lambda rows: counted_in_base(off[id(s)] for s in rows if id(s) in off),
        ),
        *_notes(
            case, "utilisation-missing", unmeasured, lambda rows: with_assumed_peaks(case, rows)
        ),
        *_notes(
            case,
            "figure-rests-on-constant",
            filled_in,
            lambda rows: without_peaks(case, rows),
            cpu=words.percent(constant[0]) if constant else "",
            ram=words.percent(constant[1]) if constant else "",
        ),
        *_notes(
            case,
            "disk-unknown",
            [s.server for s in base.sized if not s.server.disk_gb],
            lambda rows: with_assumed_disks(case, rows),
        ),
        *_notes(case, "os-version-unclear", unclear_os),
        *_notes(case, "engine-version-unclear", unclear_engines),
    )


_COLUMNS = {
    "server-size-unknown": "cores",
    "server-fits-no-type": "cores",
    "powered-off-left-out": "id",
    "utilisation-missing": "cpu_peak_fraction",
    "figure-rests-on-constant": "cpu_peak_fraction",
    "disk-unknown": "disk_gb",
    "os-version-unclear": "os_version",
    "engine-version-unclear": "version",
}


def _notes(
    case: Case,
    code: str,
    rows: Iterable[T],
    effect_of: Callable[[Sequence[T]], Decimal] | None = None,
    **more: object,
) -> tuple[QualityNote, ...]:
    """Return a note for each table that has such rows, with what it does to the base."""
    words = case.words
    notes: list[QualityNote] = []
    for place in located(rows, _COLUMNS[code]):
        effect = effect_of(place.facts) if effect_of else None
        values = more | {
            "n": words.count(len(place.facts)),
            "names": words.listing([_name(row) for row in place.facts]),
            "amount": words.money(effect) if effect is not None else "",
            "cpu_assumed": words.percent(ASSUMED_CPU),
            "ram_assumed": words.percent(ASSUMED_RAM),
            "disk_assumed": words.short(ASSUMED_DISK_GB),
        }
        notes.append(
            QualityNote(
                code=code,
                message=words.phrase(f"note-{code}", **values),
                source=f"{place.file} {place.location}",
                effect_arr=effect,
            ),
        )
    return tuple(notes)


def _name(row: Server | Database) -> str:
    return (row.hostname if isinstance(row, Server) else row.name) or row.id
