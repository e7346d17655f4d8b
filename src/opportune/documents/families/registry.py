"""All families of inventories that are known, in one place."""

from opportune.documents.families.cmdb import DEVICE42, SERVICENOW
from opportune.documents.families.discovery import DISCOVERY
from opportune.documents.families.evaluator import EVALUATOR
from opportune.documents.families.hub import MIGRATION_HUB, RECOMMENDATIONS
from opportune.documents.families.partners import PARTNERS
from opportune.documents.families.plain_list import MPA, PLAIN_LIST
from opportune.documents.families.transform import TRANSFORM
from opportune.documents.families.vmware import RVTOOLS

FAMILIES = (
    MPA,
    RVTOOLS,
    TRANSFORM,
    MIGRATION_HUB,
    RECOMMENDATIONS,
    DISCOVERY,
    EVALUATOR,
    *PARTNERS,
    SERVICENOW,
    DEVICE42,
    PLAIN_LIST,
)
"""The plain list, which takes what no other does, is the last."""

INVENTORY_KINDS = tuple(
    dict.fromkeys(kind for one in FAMILIES for kind in (one.kind, one.text_kind) if kind)
)
"""Kinds of files that say what the customer has."""
