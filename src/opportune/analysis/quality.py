"""What a seller must know about the figures themselves: what they leave out, and rest on."""

from collections.abc import Iterable

from opportune.analysis.case import Case, counted_in_base
from opportune.analysis.places import located
from opportune.analysis.support import database_engine, operating_system
from opportune.assessment import Row
from opportune.models import QualityNote


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
    return (
        *_notes(
            case,
            "server-size-unknown",
            base.unknown_size,
            names=words.listing([s.hostname or s.id for s in base.unknown_size]),
        ),
        *_notes(
            case,
            "server-fits-no-type",
            base.too_large,
            names=words.listing([s.hostname or s.id for s in base.too_large]),
        ),
        *_notes(
            case,
            "powered-off-left-out",
            base.powered_off,
            amount=words.money(counted_in_base(base.powered_off_sized)),
        ),
        *_notes(case, "utilisation-missing", unmeasured),
        *_notes(
            case,
            "figure-rests-on-constant",
            filled_in,
            cpu=words.percent(constant[0]) if constant else "",
            ram=words.percent(constant[1]) if constant else "",
        ),
        *_notes(case, "disk-unknown", [s.server for s in base.sized if not s.server.disk_gb]),
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


def _notes(case: Case, code: str, rows: Iterable[Row], **values: object) -> tuple[QualityNote, ...]:
    """Return a note for each table that has such rows."""
    words = case.words
    return tuple(
        QualityNote(
            code=code,
            message=words.phrase(f"note-{code}", n=words.count(place.rows), **values),
            source=f"{place.file} {place.location}",
        )
        for place in located(rows, _COLUMNS[code])
    )
