"""What a play's file may say to its rules: parameters with their ranges, and values for texts.

The rules themselves are functions in `rules_*.py`; a test holds what is listed here against what
they take and give, and docs/templates.md is compared with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StringConstraints,
    TypeAdapter,
)

_Word = Annotated[str, StringConstraints(strict=True, pattern=r"[^\W_]", max_length=100)]
_Words = Annotated[list[_Word], Field(min_length=1, max_length=300)]
_Rating = Annotated[StrictInt, Field(ge=1, le=5)]
_Number = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
_USD = Annotated[StrictInt, Field(ge=0, le=1_000_000_000_000)]
_Fraction = Annotated[StrictInt | StrictFloat, Field(gt=0, le=1)]
_Pair = Annotated[list[_Fraction], Field(min_length=2, max_length=2)]
_Server = Literal[
    "windows-server", "rhel", "centos", "oracle-linux", "ubuntu", "sles", "debian", "amazon-linux"
]
_Engine = Literal["oracle", "sql-server", "mysql", "mariadb", "postgresql"]
_Engines = Annotated[list[_Engine], Field(min_length=1, max_length=100)]
_Servers = Annotated[list[_Server], Field(min_length=1, max_length=100)]
_Linux = Literal["rhel", "centos", "oracle-linux", "ubuntu", "sles", "debian", "amazon-linux"]
_Pillar = Literal["cost", "operations", "reliability", "security"]
_Phase = Literal["assess", "mobilize", "migrate"]
_Level = Literal["High", "Medium", "Low"]


@dataclass(frozen=True)
class Parameter:
    """What a parameter takes: for people, and as pydantic checks it."""

    says: str
    takes: TypeAdapter[Any]


def _takes(says: str, kind: Any) -> Parameter:
    return Parameter(says, TypeAdapter(kind))


_WORDS = _takes("words, matched whole", _Words)
_HEADINGS = _takes("parts of headings", _Words)
_AT_MOST = _takes("rating, 1 to 5", _Rating)
_SERVERS_FROM = _takes("number, 0 to 1,000,000", _Number)
_AMOUNT = _takes("US dollars, 0 to 10^12", _USD)
_SHARE = _takes("fraction, above 0, up to 1", _Fraction)

TRIGGER_PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "containers": {"web": _WORDS, "services": _WORDS, "runtimes": _WORDS},
    "databases": {
        "engines": _takes("of oracle, sql-server, mysql, mariadb, postgresql", _Engines),
    },
    "end-of-database-support": {
        "products": _takes("of oracle, sql-server, mysql, mariadb, postgresql", _Engines),
    },
    "end-of-server-support": {
        "products": _takes(
            "of windows-server, rhel, centos, oracle-linux, ubuntu, sles, debian, amazon-linux",
            _Servers,
        ),
    },
    "file-storage": {"file_servers": _WORDS, "cold": _WORDS},
    "graviton": {
        "arm64": _takes("table: Linux product to its releases", dict[_Linux, _Words]),
    },
    "hypervisor": {
        "name": _takes("part of the hypervisor's name", _Word),
        "answer_words": _WORDS,
    },
    "inventory": {"exit_places": _WORDS, "exit_words": _WORDS},
    "low-ratings": {
        "headings": _HEADINGS,
        "at_most": _AT_MOST,
        "contradiction": _takes("accounts or experience", Literal["accounts", "experience"]),
        "unencrypted": _takes("true or false", StrictBool),
    },
    "microsoft-licences": {"many": _SERVERS_FROM, "licence_words": _WORDS},
    "migration-programme": {
        "medium": _AMOUNT,
        "high": _AMOUNT,
        "at_most": _AT_MOST,
        "configured": _takes("table: assess, mobilize, migrate to US dollars", dict[_Phase, _USD]),
    },
    "non-production": {
        "hours": _takes("hours a week, 1 to 168", Annotated[StrictInt, Field(ge=1, le=168)]),
        "week": _takes("168", Literal[168]),
        "many": _SERVERS_FROM,
    },
    "pillar-gaps": {
        "at_most": _AT_MOST,
        "pillars": _takes(
            "table: cost, operations, reliability, security to parts of headings",
            dict[_Pillar, _Words],
        ),
    },
    "recovery-gap": {
        "at_most": _AT_MOST,
        "recovery_headings": _HEADINGS,
        "backup_headings": _HEADINGS,
    },
    "right-sizing": {
        "defaults": _takes(
            "pairs of CPU and RAM as fractions", Annotated[list[_Pair], Field(max_length=20)]
        ),
        "constant_share": _SHARE,
        "constant_from": _takes(
            "number, 2 to 1,000,000", Annotated[StrictInt, Field(ge=2, le=1_000_000)]
        ),
        "medium_share": _SHARE,
    },
    "sap": {"names": _WORDS, "engines": _WORDS},
    "sql-server-licences": {},
}
"""By rule and name."""

PRIORITY_PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "by-arr": {"high": _AMOUNT, "medium": _AMOUNT},
    "fixed": {"level": _takes("High, Medium or Low", _Level)},
    "worst": {},
}
"""By rule and name; each one is needed."""


@dataclass(frozen=True)
class Values:
    """Names that texts may use: `counts` also with a noun (`{servers:server|servers}`)."""

    counts: frozenset[str]
    texts: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Return all of them."""
        return self.counts | self.texts


def _values(counts: str, texts: str = "") -> Values:
    return Values(frozenset(counts.split()), frozenset(texts.split()))


TRIGGER_VALUES: Mapping[str, Values] = {
    "containers": _values(
        "applications services changing servers windows hosts unlinked", "names counted"
    ),
    "databases": _values(
        "databases code_lines with_code heavy light clustered unreplicated byol unclear "
        "unsupported hosts priced unpriced replaced shared unstored past",
        "engines size names heavy_limit targets counted reasons classes managed replaced_amount "
        "past_releases extended_price elsewhere",
    ),
    "end-of-database-support": _values(
        "affected total none extended soon unclear", "releases names counted licence snapshot"
    ),
    "end-of-server-support": _values(
        "affected total none extended soon unclear", "releases names counted licence snapshot"
    ),
    "file-storage": _values(
        "applications answers cold servers", "names answer storage gp3 s3 ia st1 counted"
    ),
    "graviton": _values("candidates ready later barred managed", "share delta later_delta x86"),
    "hypervisor": _values(
        "servers all_servers hosts clusters missing_hosts", "cores ram counted answer"
    ),
    "inventory": _values(
        "servers windows measured unmeasured constant left_out powered_off",
        "compute licence storage expected low high constant_cpu constant_ram powered_off_amount "
        "price_book basis exit",
    ),
    "low-ratings": _values(
        "low rated unencrypted untested servers contradicted",
        "at_most mean topics unencrypted_names",
    ),
    "microsoft-licences": _values(
        "windows databases enterprise many own later loose standard non_production exported",
        "cores licence many_limit last_own answer",
    ),
    "migration-programme": _values(
        "servers rated unrated low ready", "phase base configured high_limit at_most"
    ),
    "non-production": _values(
        "vague servers all_servers on_graviton replaced",
        "vague_amount kinds compute share many names hours_a_week week",
    ),
    "pillar-gaps": _values(
        "gaps low unreliable unencrypted servers applications", "pillars names at_most"
    ),
    "recovery-gap": _values(
        "no_dr no_backup critical low dr_servers backup_servers",
        "no_dr_names no_backup_names tightest_rto topics at_most",
    ),
    "right-sizing": _values(
        "smaller measured servers unmeasured",
        "as_is at_peak saved share medium_share cpu ram names",
    ),
    "sap": _values("applications systems databases answers servers", "names answer counted"),
    "sql-server-licences": _values(
        "servers enterprise lifted own free unclear moved leaving non_production",
        "vcpus editions least low names",
    ),
}
"""By trigger rule. What a rule gives to another one alone (lists of servers) is not among them."""

OF_EVERY_PLAY = frozenset(("arr", "customer"))
"""Texts that every play may say, but not ask for with `when`."""


def priority_values(trigger: Mapping[str, Any], priority: Mapping[str, Any]) -> frozenset[str]:
    """Return what the sentence on the priority may say besides: limits of the two rules."""
    numbers = {
        f"{rule}_{name}"
        for rule, parameters in (("trigger", trigger), ("priority", priority))
        for name, value in parameters.items()
        if isinstance(value, int | float)
    }
    return frozenset({"priority", *numbers})
