"""Tells by their sure ids whether two rows are one machine: surer than any name.

A UUID, a serial number and the id of a cloud's instance are given once. A UUID counts only within
its vCenter: machines that were copied from one to another keep it.
"""

import re
from functools import lru_cache

from opportune.model.assessment import Server

UUID, SERIAL, INSTANCE = "uuid", "serial number", "instance id"

_HEX = re.compile(r"[^0-9a-f]")
_UUID = re.compile(r"(?:vmware-)?(?:[0-9a-f][ -]*){32}", re.IGNORECASE)
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}", re.IGNORECASE)
_LEAST_SERIAL = 4
_NO_SERIAL = re.compile(
    r"0+|x+|(?:none|null|unknown|default|n/?a|chassis|system|serial|number|to be filled|string|"
    r"not|specified|applicable|by|o\.?e\.?m\.?|[\s.-])+",
    re.IGNORECASE,
)
"""What makers write where they gave no number."""


def sure_ids(server: Server) -> dict[str, str]:
    """Return the sure ids of a machine by their kind, spelled alike; {} = none."""
    found: dict[str, str] = {}
    if server.uuid:
        found[UUID] = _spelled(server.uuid)
    elif _UUID.fullmatch(server.serial):  # VMware writes the UUID of a machine as its serial number
        found[UUID] = _spelled(server.serial)
    if server.serial and UUID not in found and _is_serial(server.serial):
        found[SERIAL] = server.serial.casefold()
    if _INSTANCE.fullmatch(server.id):
        found[INSTANCE] = server.id.casefold()
    return found


def differ(one: Server, other: Server) -> bool:
    """Tell whether two rows are two machines beyond doubt, whatever they are called."""
    if in_two_vcenters(one, other):
        return True
    mine, theirs = sure_ids(one), sure_ids(other)
    both = mine.keys() & theirs.keys()
    return bool(both) and not any(_same(kind, mine[kind], theirs[kind]) for kind in both)


def in_two_vcenters(one: Server, other: Server) -> bool:
    """Tell whether two rows come from different vCenters, as far as both say; by UUID, or name."""
    if one.vcenter_uuid and other.vcenter_uuid:
        return one.vcenter_uuid.casefold() != other.vcenter_uuid.casefold()
    if one.vcenter and other.vcenter:
        return one.vcenter.casefold() != other.vcenter.casefold()
    return False


def _same(kind: str, one: str, other: str) -> bool:
    return one == other or (kind == UUID and _turned(one) == other)


def _is_serial(text: str) -> bool:
    return len(text) >= _LEAST_SERIAL and _NO_SERIAL.fullmatch(text) is None


@lru_cache(maxsize=65536)
def _spelled(uuid: str) -> str:
    return (
        _HEX.sub("", uuid.casefold().removeprefix("vmware-"))
        if _UUID.fullmatch(uuid)
        else (uuid.casefold())
    )


def _turned(uuid: str) -> str:
    """Return a UUID with the bytes of its first three groups turned, as some firmware tools do."""
    pairs = [uuid[place : place + 2] for place in range(0, len(uuid), 2)]
    return "".join((*pairs[3::-1], *pairs[5:3:-1], *pairs[7:5:-1], *pairs[8:]))
