"""Checks a user's DOCX template before anything opens it: what may be in it, and how much.

A template is a program that somebody sent. It may hold text, pictures and tags, and nothing that
runs, that fetches, or that grows when it is unpacked.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from opportune.errors import MalformedDocumentError, UnsupportedDocumentError

PART_LIMIT = 1_000
PART_LIMIT_BYTES = 20_000_000
XML_LIMIT_BYTES = 5_000_000
WHOLE_LIMIT_BYTES = 40_000_000
RATIO_LIMIT = 300
"""How many times larger a part may be than it is packed; Word's own stay below 60."""
RATIO_FROM_BYTES = 500_000

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
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = dict(_parts(name, package))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnsupportedDocumentError(
            name, "it is no DOCX file: save it in Word as .docx and give that."
        ) from error
    types = parts.get("[Content_Types].xml", "")
    if ACTIVE.search(types) or any(ACTIVE_PARTS.search(f"/{part}") for part in parts):
        raise UnsupportedDocumentError(
            name, "it holds macros or embedded objects: save it as .docx without them."
        )
    if MAIN not in types:
        raise UnsupportedDocumentError(name, "it is no Word document: save it as .docx.")
    for part, text in parts.items():
        if part.endswith((".xml", ".rels")):
            _check_xml(name, part, text)


def _parts(name: str, package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield names and, of XML, texts; no more is unpacked than the limits allow."""
    listed = package.infolist()
    if len(listed) > PART_LIMIT or len({info.filename for info in listed}) < len(listed):
        raise MalformedDocumentError(name, f"it has over {PART_LIMIT} parts, or one twice.")
    if sum(info.file_size for info in listed) > WHOLE_LIMIT_BYTES:
        raise MalformedDocumentError(name, _too_large(WHOLE_LIMIT_BYTES))
    for info in listed:
        part = info.filename
        is_xml = part.endswith((".xml", ".rels"))
        limit = XML_LIMIT_BYTES if is_xml else PART_LIMIT_BYTES
        if info.file_size > limit:
            raise MalformedDocumentError(name, _too_large(limit), place=part)
        packed = max(info.compress_size, 1)
        if info.file_size > RATIO_FROM_BYTES and info.file_size / packed > RATIO_LIMIT:
            raise MalformedDocumentError(name, "it unpacks to far more than it is.", place=part)
        yield part, package.read(info).decode() if is_xml else ""


def _check_xml(name: str, part: str, text: str) -> None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise MalformedDocumentError(name, "it defines entities: save it anew in Word.", place=part)
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a DOCTYPE there is nothing to expand
    except ET.ParseError as error:
        raise MalformedDocumentError(
            name, "it is no valid XML: save it anew in Word.", place=part
        ) from error
    if part.endswith(".rels"):
        _check_targets(name, part, root)
        return
    instructions = "".join(_instructions(root))
    if found := FETCHING.search(instructions):
        problem = f"its field {found[0]} reads another file: remove it."
        raise MalformedDocumentError(name, problem, place=part)


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


def _too_large(limit: int) -> str:
    return f"it is over {limit // 1_000_000} MB unpacked: use smaller pictures."
