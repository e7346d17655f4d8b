"""All rules, by the names that plays use. Importing this module loads every module of rules."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from opportune.analysis import rules
from opportune.analysis.rules import declared

for _module in iter_modules(rules.__path__, f"{rules.__name__}."):
    import_module(_module.name)

TRIGGERS: Mapping[str, declared.Trigger] = dict(sorted(declared.declared_triggers.items()))
ARR_RULES: Mapping[str, declared.Count] = dict(sorted(declared.declared_arr_rules.items()))
PRIORITIES: Mapping[str, declared.PriorityRule] = dict(sorted(declared.declared_priorities.items()))
