"""One valid file of every kind that is read, by the name of its kind or form."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from customer import report, workbook
from samples import exports, partners, vmware
from samples.exports import as_csv, as_workbook, as_zip
from samples.machines import make_machines
from samples.report_markdown import markdown_report

from opportune.documents.samples import questionnaire

MACHINES = make_machines(25)
ASKED = questionnaire.entries()

Sheets = Mapping[str, Iterable[Sequence[Any]]]


def zipped(sheets: Sheets, form: str = "RVTools_tab{}.csv") -> bytes:
    """Return sheets as a zip archive of CSV files."""
    return as_zip({form.format(name): as_csv(rows) for name, rows in sheets.items()})


SAMPLES: dict[str, Callable[[], bytes]] = {
    "mpa-workbook": lambda: workbook().data,
    "mra-report": lambda: report().data,
    "mra-markdown": markdown_report,
    "questionnaire-docx": lambda: questionnaire.as_document(ASKED),
    "questionnaire-xlsx": lambda: as_workbook({"Questions": questionnaire.as_list(ASKED)}),
    "questionnaire-csv": lambda: as_csv(questionnaire.as_list(ASKED)),
    "rvtools 4.x": lambda: as_workbook(vmware.rvtools(MACHINES)),
    "rvtools 3.x": lambda: as_workbook(vmware.rvtools(MACHINES, "3.x")),
    "rvtools oldest": lambda: as_workbook(vmware.rvtools(MACHINES, "oldest")),
    "rvtools zip": lambda: zipped(vmware.rvtools(MACHINES, performance=True)),
    "transform zip": lambda: zipped(exports.transform(MACHINES), "{}"),
    "migration hub": lambda: as_csv(exports.migration_hub(MACHINES)),
    "recommendations": lambda: as_csv(exports.recommendations(MACHINES)),
    "discovery agent": lambda: as_csv(exports.discovery_agent(MACHINES)),
    "discovery collector": lambda: as_csv(exports.discovery_collector(MACHINES)),
    "migration evaluator": lambda: as_workbook(exports.evaluator(MACHINES)),
    "server list": lambda: as_csv(exports.server_list(MACHINES)),
    "cloudamize": lambda: as_workbook(partners.cloudamize(MACHINES)),
    "cloudamize dashboard": lambda: as_workbook(partners.cloudamize_dashboard(MACHINES)),
    "matilda": lambda: as_workbook(partners.matilda(MACHINES)),
    "concierto": lambda: as_workbook(partners.concierto(MACHINES)),
    "proserve": lambda: as_workbook(partners.proserve(MACHINES)),
    "azure migrate": lambda: as_csv(partners.azure_migrate(MACHINES)),
    "google vm info": lambda: as_csv(partners.google_vm_info(MACHINES)),
    "factory intake": lambda: as_csv(partners.factory_intake(MACHINES)),
    "mgn import": lambda: as_csv(partners.mgn_import(MACHINES)),
}
SAMPLES = {name: cache(make) for name, make in SAMPLES.items()}
