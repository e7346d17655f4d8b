"""Tells which rows of a list of servers are no servers: network devices, databases, addresses, ...

What a row is, a CMDB says in a column of its own, the class. `CLASSES` declares its words in the
languages that are read; docs/documents.md states the rules.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from opportune.documents.inventory.columns import Columns
from opportune.documents.quality import Code
from opportune.model.folding import folded

SERVER, DATABASE, APPLICATION = "server", "database", "application"
ADDRESS, PLACEHOLDER, OTHER = "address", "placeholder", "other"
HOST = "virtualisation host"

SIZES = ("sockets", "total_cores", "total_threads", "ram_gb", "disk_gb")
SYSTEMS = ("os_name", "os_configured", "os_version")


@dataclass(frozen=True)
class RowClass:
    """Words that say what a row is; of several classes whose words fit, the first one declared."""

    kind: str
    words: re.Pattern[str]


def _class(kind: str, words: str) -> RowClass:
    """Declare a class by words, or several in a row, apart by bars: whole words, no accents."""
    return RowClass(kind, re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])"))


CLASSES = (
    _class(HOST, r"esxi?(?: server| host)?|hypervisors?|hipervisor|vcenter|hyper v server|vm host"),
    _class("storage", r"storage server|storage arrays?|disk array|storage switch|tape library"),
    _class("rack or power", r"racks?|chassis|enclosure|ups|pdu|sai|no break|usv|onduleur"),
    _class(DATABASE, r"ci db .*|\w* ?sql \w*instance|(?:db|oracle|mongodb|db2|\w*sql) instance"),
    _class("software", r"ci (?:app|web|\w+ web|\w+ app) server.*|ci (?:spkg|software).*"),
    _class(
        SERVER,
        r"(?:\w+ )*servers?|servidor(?:es)?|serveurs?|\w*server|virtual machine|vms?|"
        r"maquinas? virtual(?:es)?|maquina|machines? virtuelles?|virtuelle maschinen?|"
        r"vm(?:ware)? instance|vm object|virtual|physical|fisico|virtuell|physisch|"
        r"computer|ordenador|rechner|host|lpar|mainframe|ec2.*",
    ),
    _class(
        "network device",
        r"network(?:ing)?(?: \w+)?|netgear|netzwerk\w*|\w*switch(?:es)?|\w*routers?|\w*firewalls?|"
        r"load ?balancers?|lb(?: \w+)?|access points?|wireless(?: \w+)?|vpn(?: \w+)?|ip phone|"
        r"(?:equipo|dispositivo|elemento)s? de red|(?:equipamento|dispositivo|ativo)s? de rede|"
        r"conmutador(?:es)?|enrutador(?:es)?|cortafuegos|balanceador(?:es)?|roteador(?:es)?|"
        r"comutador(?:es)?|equipements? reseau|commutateurs?|routeurs?|pare feu|repartiteur.*",
    ),
    _class(
        "printer",
        r"\w*printers?|plotters?|multifunction(?: \w+)?|impresoras?|impressoras?|drucker|"
        r"imprimantes?",
    ),
    _class(
        "storage",
        r"storage(?: \w+)?|msd|san|nas|almacenamiento|cabinas?|armazenamento|speicher\w*|stockage|"
        r"baies? de stockage|datastore",
    ),
    _class(
        "end user device",
        r"laptops?|desktops?|virtual desktops?|workstations?|notebooks?|thin clients?|tablets?|"
        r"\w*phones?|monitors?|cameras?|scanners?|portatil(?:es)?|estacion de trabajo|"
        r"estacao de trabalho|arbeitsplatz\w*|arbeitsstation|poste de travail|"
        r"ordinateur portable|client pc|pc",
    ),
    _class(
        DATABASE,
        r"databases?|db|(?:base|bases) de datos|bancos? de dados|datenbank(?:en)?|"
        r"bases? de donnees",
    ),
    _class(
        APPLICATION,
        r"(?:business |web )?applications?|apps?|appl|business (?:app|service)|services?|"
        r"aplicacion(?:es)?|aplicativos?|aplicac(?:ao|oes)|anwendung(?:en)?|applikation(?:en)?|"
        r"servicios?|servicos?",
    ),
    _class("software", r"software|logiciels?|programas?"),
    _class(ADDRESS, r"ip address(?:es)?|ip networks?|subnets?|vlans?"),
    _class("group", r"clusters?|resource pools?|data ?cent(?:er|re)s?|folders?"),
)

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EXAMPLE = re.compile(
    r"<.*>|\{\{.*\}\}|(?:e\.?g\.?|example|sample|ejemplo|exemplo|beispiel|exemple|"
    r"template|placeholder|tbd|tbc|x{3,})(?:[\s:._-]*(?:server|servidor|serveur|host|name|nombre|"
    r"nome|vm|row|fila|linha|\d+))*",
    re.IGNORECASE,
)
"""Names that stand in a form for those that people are to write there."""


@lru_cache(maxsize=4096)
def kind_of_class(text: str) -> str:
    """Return what a class, as a CMDB words it, says that a row is; "" = not known."""
    words = _SEPARATORS.sub(" ", folded(_CAMEL.sub(" ", text))).strip()
    words = re.sub(r"^(?:u )?cmdb ci ", "ci ", words)
    spellings = (words, words.removeprefix("ci "))
    for one in CLASSES:
        if any(one.words.fullmatch(spelling) for spelling in spellings):
            return one.kind
    return next((one.kind for one in CLASSES if one.words.search(words)), "")


def kinds_of_rows(columns: Columns, *, is_plain: bool) -> list[str]:
    """Return what each row of a list of servers is.

    Args:
        columns: Of the list.
        is_plain: Whether anybody may have made it: then rows need a size or a system to be servers.
    """
    kinds = _by_class(columns)
    says_templates = "is_template" in columns or "placeholder" in columns
    for position, name in enumerate(columns.texts("hostname")):
        if not says_templates and _EXAMPLE.fullmatch(name):
            kinds[position] = PLACEHOLDER
    if is_plain:
        _mark_addresses(columns, kinds)
    return kinds


def _by_class(columns: Columns) -> list[str]:
    """Return what the class says of each row; of an unknown one, size and system tell."""
    classes, types = columns.texts("ci_class"), columns.texts("ci_kind")
    known = [kind_of_class(text) for text in classes]
    is_class = any(known)
    has_size, has_system = _filled(columns, SIZES), _filled(columns, SYSTEMS)
    kinds = []
    for position, kind in enumerate(known):
        if is_class and classes[position] and not kind:
            is_server = has_size[position] or has_system[position]
            kind = SERVER if is_server else OTHER  # noqa: PLW2901 - said by what else the row has
            taken = "taken for a server" if is_server else "no size and no system: left out"
            problem = f"class that is not known, {taken}"
            columns.note(Code.CLASS_NOT_KNOWN, problem, "ci_class", position, classes[position])
        if not kind and types[position] and not has_size[position]:
            # A column of this header may hold the role of a server: "Database" on a machine.
            kind = kind_of_class(types[position])  # noqa: PLW2901 - the weaker column's word
        kinds.append(kind or SERVER)
    return kinds


def _mark_addresses(columns: Columns, kinds: list[str]) -> None:
    """Mark rows that are an address and nothing more, in a list of which they are the most."""
    says = [a or b for a, b in zip(*(_filled(columns, n) for n in (SIZES, SYSTEMS)), strict=True)]
    mute = [p for p, kind in enumerate(kinds) if kind == SERVER and not says[p]]
    names, addresses = columns.texts("hostname"), columns.texts("ip_address")
    is_address_list = "ip_address" in columns and 2 * len(mute) > len(kinds)
    is_nothing_said = len(mute) == kinds.count(SERVER)
    for position in mute:
        is_bare = addresses[position] and names[position] in ("", addresses[position])
        if is_address_list or is_nothing_said or is_bare:
            kinds[position] = ADDRESS


def _filled(columns: Columns, names: Sequence[str]) -> list[bool]:
    """Return whether any of these columns says something in each row."""
    texts = [columns.texts(name) for name in names if name in columns]
    if not texts:
        return [False] * len(columns.numbers)
    return [any(row) for row in zip(*texts, strict=True)]
