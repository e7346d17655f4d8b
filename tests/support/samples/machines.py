"""An invented estate as facts: what every tool's export of it says, each in its own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_SYSTEMS = (
    ("Microsoft Windows Server", "2019"),
    ("Microsoft Windows Server", "2016"),
    ("Microsoft Windows Server", "2012 R2"),
    ("Red Hat Enterprise Linux", "8"),
    ("Red Hat Enterprise Linux", "7"),
    ("Ubuntu Linux", "20.04"),
    ("SUSE Linux Enterprise", "15"),
)
_SIZES = ((2, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 128))
_ENVIRONMENTS = ("prod", "prod", "test", "dev")
_APPLICATIONS = ("Billing", "Orders", "Payroll", "Portal", "Reporting", "Stock")
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine. Sizes in GB, shares 0..1 in whole percents."""

    name: str
    uuid: str
    moref: str
    os_name: str
    os_version: str
    cpus: int
    ram_gb: int
    disk_gb: int
    disk_used_gb: int
    cpu_peak: float
    cpu_avg: float
    ram_peak: float
    ram_avg: float
    environment: str
    ip_address: str
    host: str
    cluster: str
    applications: tuple[str, ...]
    sql_edition: str = ""
    is_powered_on: bool = True
    is_template: bool = False

    @property
    def system(self) -> str:
        """Its operating system in one text."""
        return f"{self.os_name} {self.os_version}"


def make_machines(count: int, seed: int = 7) -> tuple[Machine, ...]:
    """Return so many machines; the same for the same seed.

    Each tenth is switched off; the last of every twenty-five is a template.
    """
    rng = Random(seed)
    return tuple(_machine(number, rng) for number in range(1, count + 1))


def _machine(number: int, rng: Random) -> Machine:
    os_name, os_version = rng.choice(_SYSTEMS)
    cpus, ram_gb = rng.choice(_SIZES)
    disk_gb = rng.choice((40, 80, 100, 200, 500, 1000))
    cpu_avg, ram_avg = rng.randint(2, 40), rng.randint(10, 60)
    cpu_peak = rng.randint(cpu_avg, _HUNDREDTHS)
    ram_peak = rng.randint(ram_avg, _HUNDREDTHS)
    host = number % 7 + 1
    runs_sql = os_name.startswith("Microsoft") and number % 3 == 0
    return Machine(
        name=f"vm-{number:05}",
        uuid=f"4201{number:04x}-aaaa-bbbb-cccc-{rng.randrange(16**12):012x}",
        moref=f"vm-{100_000 + number}",
        os_name=os_name,
        os_version=os_version,
        cpus=cpus,
        ram_gb=ram_gb,
        disk_gb=disk_gb,
        disk_used_gb=disk_gb * rng.randint(10, 90) // _HUNDREDTHS,
        cpu_peak=cpu_peak / _HUNDREDTHS,
        cpu_avg=cpu_avg / _HUNDREDTHS,
        ram_peak=ram_peak / _HUNDREDTHS,
        ram_avg=ram_avg / _HUNDREDTHS,
        environment=rng.choice(_ENVIRONMENTS),
        ip_address=f"10.1.{number // 250}.{number % 250 + 1}",
        host=f"esx{host:02}.example.com",
        cluster=f"cluster-{host % 2 + 1}",
        applications=tuple(rng.sample(_APPLICATIONS, rng.choice((0, 1, 1, 2)))),
        sql_edition=rng.choice(("Enterprise", "Standard")) if runs_sql else "",
        is_powered_on=number % 10 != 0,
        is_template=number % 25 == 0,
    )


def shown(share: float) -> float:
    """Return a share as percent, without the dust of binary fractions."""
    return round(share * _HUNDREDTHS, 2)


def hosts_of(machines: Sequence[Machine]) -> dict[str, str]:
    """Return the hosts that machines run on, each with its cluster, in order of name."""
    return dict(sorted({machine.host: machine.cluster for machine in machines}.items()))
