"""One invented estate as every tool exports it, and what each export can say of a machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from samples import exports, vmware
from samples.machines import Machine

from opportune.documents import read_documents
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile
from opportune.model.records import ColumnMapping

Facts = dict[str, object]
NOTHING: Facts = {
    "is_virtual": None,
    "hypervisor": "",
    "os_name": "",
    "os_version": "",
    "sockets": None,
    "cores": None,
    "threads": None,
    "cpu_peak_fraction": None,
    "cpu_avg_fraction": None,
    "ram_gb": None,
    "ram_peak_fraction": None,
    "ram_avg_fraction": None,
    "uptime_fraction": None,
    "disk_gb": None,
    "disk_used_fraction": None,
    "environment": "",
    "is_powered_on": True,
    "is_template": False,
    "ip_address": "",
    "host": "",
    "cluster": "",
    "sql_edition": "",
}
"""Of a server of which a file says its name alone."""


@dataclass(frozen=True)
class Export:
    """A tool's export: how it is written, what it is recognised as, and what it says."""

    kind: str
    write: Callable[[Sequence[Machine]], bytes]
    says: Callable[[Machine], Facts]


def csvs(sheets: Mapping[str, exports.Rows]) -> bytes:
    """Return sheets as a zip of CSV files."""
    return exports.as_zip({name: exports.as_csv(rows) for name, rows in sheets.items()})


def csv_sheets(sheets: Mapping[str, exports.Rows]) -> bytes:
    """Return tabs as RVTools writes them to CSV files, packed."""
    return csvs({f"RVTools_tab{name}.csv": rows for name, rows in sheets.items()})


def _sizes(m: Machine) -> Facts:
    return {"cores": m.cpus, "threads": m.cpus, "ram_gb": float(m.ram_gb)}


def _shares(m: Machine) -> Facts:
    return {
        "cpu_peak_fraction": m.cpu_peak,
        "cpu_avg_fraction": m.cpu_avg,
        "ram_peak_fraction": m.ram_peak,
        "ram_avg_fraction": m.ram_avg,
    }


def _system(m: Machine) -> Facts:
    return {"os_name": m.os_name, "os_version": m.os_version}


def _rvtools(m: Machine) -> Facts:
    return _sizes(m) | {
        "id": m.uuid,
        "is_virtual": True,
        "hypervisor": "VMware",
        "os_name": m.system if m.is_powered_on else f"{m.os_name} (64-bit)",
        "disk_gb": float(m.disk_gb),
        "disk_used_fraction": m.disk_used_gb / m.disk_gb,
        "is_powered_on": m.is_powered_on,
        "is_template": m.is_template,
        "ip_address": m.ip_address,
        "host": m.host,
        "cluster": m.cluster,
    }


def _vcenter(m: Machine) -> Facts:
    return _rvtools(m) | (_shares(m) if m.is_powered_on else {})


def _vmware_data(m: Machine) -> Facts:
    return (
        _sizes(m)
        | (_shares(m) if m.is_powered_on else {})
        | {
            "id": m.moref,
            "is_virtual": True,
            "os_name": m.system,
            "disk_gb": float(m.disk_gb),
            "is_powered_on": m.is_powered_on,
            "ip_address": m.ip_address,
            "host": m.host,
        }
    )


def _transform(m: Machine) -> Facts:
    return _vmware_data(m) | _system(m) | {"disk_used_fraction": m.disk_used_gb / m.disk_gb}


def _hub(m: Machine) -> Facts:
    return (
        _sizes(m)
        | _shares(m)
        | _system(m)
        | {"id": m.uuid, "is_virtual": True, "sockets": 1, "ip_address": m.ip_address}
        | {"environment": m.environment}
    )


def _recommended(m: Machine) -> Facts:
    return _hub(m) | {"is_virtual": None, "ip_address": ""}


def _discovered(m: Machine) -> Facts:
    facts = _sizes(m) | _system(m) | {"id": m.uuid, "disk_gb": float(m.disk_gb)}
    return facts | {
        "cpu_peak_fraction": m.cpu_peak,
        "cpu_avg_fraction": m.cpu_avg,
        "ram_avg_fraction": m.ram_avg,
    }


def _by_agent(m: Machine) -> Facts:
    return _discovered(m) | {"sockets": 1, "hypervisor": "vmware"}


def _by_collector(m: Machine) -> Facts:
    return _discovered(m) | {
        "sockets": m.cpus,
        "hypervisor": "VMware",
        "is_virtual": True,
        "is_powered_on": m.is_powered_on,
    }


def _evaluated(m: Machine) -> Facts:
    return _sizes(m) | {
        "id": m.name,
        "is_virtual": True,
        "os_name": m.system,
        "cpu_peak_fraction": m.cpu_peak,
        "ram_peak_fraction": m.ram_peak,
        "uptime_fraction": 1.0,
        "disk_gb": float(m.disk_gb),
        "environment": m.environment,
        "host": m.host,
        "sql_edition": m.sql_edition,
    }


def _listed(m: Machine) -> Facts:
    return (
        _sizes(m)
        | _system(m)
        | {
            "id": m.name,
            "disk_gb": float(m.disk_gb),
            "environment": m.environment,
            "is_powered_on": m.is_powered_on,
            "ip_address": m.ip_address,
        }
    )


EXPORTS: dict[str, Export] = {
    "RVTools 4.x": Export(
        "rvtools", lambda ms: exports.as_workbook(vmware.rvtools(ms, "4.x")), _rvtools
    ),
    "RVTools 3.x": Export(
        "rvtools", lambda ms: exports.as_workbook(vmware.rvtools(ms, "3.x")), _rvtools
    ),
    "RVTools, oldest": Export(
        "rvtools", lambda ms: exports.as_workbook(vmware.rvtools(ms, "oldest")), _rvtools
    ),
    "RVTools, zip": Export("rvtools", lambda ms: csv_sheets(vmware.rvtools(ms)), _rvtools),
    "export-for-vcenter": Export(
        "rvtools", lambda ms: csv_sheets(vmware.rvtools(ms, performance=True)), _vcenter
    ),
    "Transform, zip": Export(
        "transform-export", lambda ms: csvs(exports.transform(ms)), _transform
    ),
    "Transform, VMware CSV": Export(
        "transform-export",
        lambda ms: exports.as_csv(exports.transform(ms)["mpa_exports/vmware_data_mpa.csv"]),
        _vmware_data,
    ),
    "Migration Hub import": Export(
        "migration-hub-import", lambda ms: exports.as_csv(exports.migration_hub(ms)), _hub
    ),
    "Migration Hub recommendations": Export(
        "migration-hub-recommendations",
        lambda ms: exports.as_zip(
            {"EC2InstanceRecommendations.csv": exports.as_csv(exports.recommendations(ms))}
        ),
        _recommended,
    ),
    "ADS agent": Export(
        "ads-export", lambda ms: exports.as_csv(exports.discovery_agent(ms)), _by_agent
    ),
    "ADS collector": Export(
        "ads-export", lambda ms: exports.as_csv(exports.discovery_collector(ms)), _by_collector
    ),
    "Migration Evaluator": Export(
        "migration-evaluator", lambda ms: exports.as_workbook(exports.evaluator(ms)), _evaluated
    ),
    "list in English": Export(
        "server-list", lambda ms: exports.as_csv(exports.server_list(ms, "en")), _listed
    ),
    "list in Spanish": Export(
        "server-list",
        lambda ms: exports.as_csv(exports.server_list(ms, "es"), delimiter=";", encoding="cp1252"),
        _listed,
    ),
    "list in Portuguese": Export(
        "server-list",
        lambda ms: exports.as_csv(exports.server_list(ms, "pt"), delimiter="\t", encoding="utf-16"),
        _listed,
    ),
    "list as workbook": Export(
        "server-list", lambda ms: exports.as_workbook({"Hoja1": exports.server_list(ms)}), _listed
    ),
}


def read(
    data: bytes | str | exports.Rows,
    name: str = "estate.csv",
    mapping: Sequence[ColumnMapping] = (),
) -> Assessment:
    """Read one file: its bytes, its text, or the rows of a CSV file."""
    return read_documents([file(data, name)], mapping=mapping)


def file(data: bytes | str | exports.Rows, name: str = "estate.csv") -> InputFile:
    """Return a file of bytes, text or rows."""
    if isinstance(data, str):
        return InputFile(name, data.encode())
    return InputFile(name, data if isinstance(data, bytes) else exports.as_csv(data))
