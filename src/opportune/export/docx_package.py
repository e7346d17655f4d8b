"""Checks a user's DOCX template before anything opens it: what may be in it, and how much.

A template is a program that somebody sent. It may hold text, pictures and tags, and nothing that
runs, that fetches, or that grows when it is unpacked.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from opportune.documents.opening.limits import TEMPLATE_LIMITS
from opportune.documents.opening.package import Package
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

TYPES = "[content_types].xml"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ACTIVE = re.compile(
    r"macroEnabled|vbaProject|activeX|oleObject|ms-word\.attachedToolbars", re.IGNORECASE
)
ACTIVE_PARTS = re.compile(r"vbaProject|vbaData|/activeX/|/embeddings/", re.IGNORECASE)
FETCHING = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|RD)\b")
"""Fields by which Word reads other files."""
LINKS = ("http", "https", "mailto")


def check_template(name: str, data: bytes) -> None:
    """Refuse a template that is not a plain DOCX.

    Raises:
        UnsupportedDocumentError: It is another kind of file, or holds macros or embedded objects.
        MalformedDocumentError: It is broken, too large, or refers to something outside of it.
    """
    package = _opened(name, data)
    if package.has_doubles:
        raise MalformedDocumentError(name, "it has one of its parts twice: save it again in Word.")
    package.check(package.parts.values())
    trees = {part: package.xml(part) for part in package.parts if part.endswith((".xml", ".rels"))}
    types = [] if TYPES not in trees else [one.get("ContentType", "") for one in trees[TYPES]]
    if any(map(ACTIVE.search, types)) or any(
        ACTIVE_PARTS.search(f"/{part}") for part in package.parts
    ):
        raise UnsupportedDocumentError(
            name, "it holds macros or embedded objects: save it as .docx without them."
        )
    if MAIN not in types:
        raise UnsupportedDocumentError(name, "it is not a Word document: save it as .docx.")
    for part, root in trees.items():
        if part.endswith(".rels"):
            _check_targets(name, part, root)
        elif found := FETCHING.search("".join(_instructions(root))):
            problem = f"its field {found[0]} reads another file: remove it."
            raise MalformedDocumentError(name, problem, place=part)


def _opened(name: str, data: bytes) -> Package:
    try:
        return Package(InputFile(name, data), TEMPLATE_LIMITS)
    except DocumentError as error:
        if data.startswith(b"PK\x03\x04") and b"PK\x01\x02" in data:
            raise
        raise UnsupportedDocumentError(
            name, "it is not a DOCX file: save it in Word as .docx and give that."
        ) from error


def _check_targets(name: str, part: str, root: ET.Element) -> None:
    """Refuse what Word would fetch by itself; a link that a reader may click stays."""
    for relation in root:
        if relation.get("TargetMode", "").strip().lower() != "external":
            continue
        target, kind = relation.get("Target", ""), relation.get("Type", "")
        if not kind.endswith("/hyperlink") or urlsplit(target).scheme.lower() not in LINKS:
            problem = f"it refers to something outside of it ({kind.rsplit('/', 1)[-1]}): embed it."
            raise MalformedDocumentError(name, problem, place=part)


def _instructions(root: ET.Element) -> Iterator[str]:
    """Yield the texts of fields; Word may cut one into several."""
    for element in root.iter():
        if element.tag.endswith("}instrText"):
            yield element.text or ""
        elif element.tag.endswith("}fldChar"):
            yield " "
        elif element.tag.endswith("}fldSimple"):
            yield f" {next((v for k, v in element.items() if k.endswith('}instr')), '')} "
