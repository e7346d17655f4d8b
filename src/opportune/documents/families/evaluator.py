"""Migration Evaluator: its import template."""

from opportune.documents.families import plain_list
from opportune.documents.inventory import layouts
from opportune.documents.inventory.layouts import layout
from opportune.documents.inventory.recognition import family

_TEMPLATE = layout(
    layouts.SERVERS,
    {
        "hostname": "servername",
        "total_cores": "cpucores",
        "ram_gb": "memory",
        "disk_gb": "provisionedstorage",
        "disk_used_gb": "usedstorage",
        "os_name": "operatingsystem",
        "is_virtual": "isvirtual",
        "hypervisor_or_host": "hypervisorname",
        "environment": "environment",
        "sql_edition": "sqledition",
        "applications": "application",
        "cpu_peak_fraction": "cpuutilizationpeak",
        "ram_peak_fraction": "memoryutilizationpeak",
        "uptime_fraction": "timeinuse",
    },
    ("hostname", "total_cores ram_gb disk_gb os_name"),
    4,
    {
        "id": "hostname",
        "cores": "total_cores",
        "threads": "total_cores",
        "hypervisor": "hypervisor_or_host",
        "host": "hypervisor_or_host",
        "disk_used_fraction": "disk_used_gb",
    },
    base=plain_list.SERVERS,
    units={"ram_gb": "mb", "disk_gb": "gb"},
    shares="fraction",
)

EVALUATOR = family(
    "migration-evaluator",
    "a Migration Evaluator template",
    (_TEMPLATE,),
    "cpustring annualcost storagetype timeinuse hypervisorname",
    least=3,
)
