"""Every error is in one place, and the tree at its top shows them all."""

import ast
import inspect
import re
from pathlib import Path

from opportune import errors

SOURCES = Path(errors.__file__).parent
INSIDE = {
    "documents/opening/pdf_words.py": {"ProblemError"},
    "documents/opening/sheet_xml.py": {"UnsafeXmlError"},
    "stores/dynamodb/connection.py": {"ConditionFailedError", "DamagedAnswerError"},
}
"""Signals between two neighbours, which nobody outside of that module's package ever sees."""


def test_every_error_of_the_package_is_defined_with_the_others() -> None:
    strays = {
        f"{path.relative_to(SOURCES)}: {node.name}"
        for path in SOURCES.rglob("*.py")
        if path != Path(errors.__file__)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
        if node.name not in INSIDE.get(path.relative_to(SOURCES).as_posix(), ())
    }
    assert strays == set()


def test_the_tree_shows_every_error_below_the_one_that_it_is_a_kind_of() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        entry = re.match(r"([│├└─ ]*)(\w+Error)\b", line)
        if entry:
            level = len(entry[1]) // 4
            above[level:] = [entry[2]]
            drawn[entry[2]] = above[level - 1] if level else "Exception"
    defined = {
        name: kind.__mro__[1].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    }
    assert drawn == defined
