"""Rules are complete however they are asked for, and no two have one name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import opportune.analysis.rules
from opportune.analysis.rules import declared
from opportune.analysis.rules.registry import ARR_RULES, PRIORITIES, TRIGGERS

FOLDER = Path(opportune.analysis.rules.__file__).parent
DECLARED = re.compile(r'^@(trigger|arr_rule|priority_rule)\(\s*"([a-z-]+)"', re.MULTILINE)
ASK = {
    "the registry": "from opportune.analysis.rules.registry import TRIGGERS, ARR_RULES, PRIORITIES",
    "a rule first": "import opportune.analysis.rules.licences\n"
    "from opportune.analysis.rules.registry import TRIGGERS, ARR_RULES, PRIORITIES",
    "the checks": "import opportune.analysis.plays.checks\n"
    "from opportune.analysis.rules.registry import TRIGGERS, ARR_RULES, PRIORITIES",
    "the engine": "from opportune.analysis.engine import TRIGGERS, ARR_RULES, PRIORITIES",
}


def written() -> dict[str, set[str]]:
    """Return the names of rules by decorator, as the source has them."""
    found: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.py"):
        for kind, name in DECLARED.findall(path.read_text("utf-8")):
            found.setdefault(kind, set()).add(name)
    return found


def test_the_registry_has_every_rule_that_a_module_declares() -> None:
    assert written() == {
        "trigger": {*TRIGGERS}, "arr_rule": {*ARR_RULES}, "priority_rule": {*PRIORITIES}
    }  # fmt: skip


@pytest.mark.parametrize("way", ASK)
def test_the_rules_are_complete_in_whatever_order_modules_are_loaded(way: str) -> None:
    code = f"{ASK[way]}\nprint(len(TRIGGERS), len(ARR_RULES), len(PRIORITIES))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    assert answer.stdout.split() == [str(len(x)) for x in (TRIGGERS, ARR_RULES, PRIORITIES)]


def test_a_second_rule_of_one_name_is_refused() -> None:
    for again in (
        declared.trigger("sap", counts="", texts=""),
        declared.arr_rule("none"),
        declared.priority_rule("fixed"),
    ):
        with pytest.raises(ValueError, match="Two rules are called"):
            again(lambda *_: None)  # type: ignore[arg-type] # never called
