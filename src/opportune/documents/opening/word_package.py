"""Opens a Word document safely: its XML, checked and bounded before anything is built of it."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from opportune.documents.opening.package import (
    Budget,
    Part,
    inflate,
    keep,
    list_parts,
    member_parts,
)
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

MAX_TEXT_BYTES = 32 * 2**20
"""Of the XML of the document's text, unpacked."""
MAX_TAGS = 1_500_000
MAX_DEPTH = 150
"""Elements inside each other; a table in a table in a control has about 40."""

_RELATIONS, _STYLES = "_rels/.rels", "word/styles.xml"
_OFFICE_DOCUMENT = re.compile(rb"<[^<>]*/officeDocument[\"'][^<>]*>")
_TARGET = re.compile(rb"\bTarget\s*=\s*[\"']/?([^\"']{1,200})[\"']")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(frozen=True)
class WordXml:
    """The parts of a Word document that say what is in it."""

    body: ET.Element
    styles: ET.Element | None


def is_word(parts: dict[str, Part]) -> bool:
    """Say whether a zip's parts, by lower-case name, are a Word document."""
    return any(re.fullmatch(r"word/document\d*\.xml", name) for name in parts)


def open_word(file: InputFile) -> WordXml:
    """Return the XML of a .docx file.

    Raises:
        UnsupportedDocumentError: It has macros, or is no Word document.
        MalformedDocumentError: Locked, damaged, beyond the limits, or with entities in its XML.
    """
    parts = list_parts(file)
    if not is_word(parts):
        raise UnsupportedDocumentError(file.name, "it is no Word document (.docx).")
    if any(name.endswith("vbaproject.bin") for name in parts):
        raise UnsupportedDocumentError(
            file.name, "it is a Word document with macros (.docm): save it as .docx and give that."
        )
    budget = Budget(inflated=2 * MAX_TEXT_BYTES, kept=2 * MAX_TEXT_BYTES)
    body = _xml(file, parts, _main_part(file, parts, budget), budget)
    styles = _xml(file, parts, _STYLES, budget) if _STYLES in parts else None
    return WordXml(body, styles)


def _main_part(file: InputFile, parts: dict[str, Part], budget: Budget) -> str:
    usual = next(name for name in parts if re.fullmatch(r"word/document\d*\.xml", name))
    if _RELATIONS not in parts:
        return usual
    match = _OFFICE_DOCUMENT.search(_bytes(file, parts, _RELATIONS, budget))
    target = _TARGET.search(match[0]) if match else None
    name = target[1].decode("utf-8", "replace").lower() if target else usual
    return name if name in parts else usual


def _bytes(file: InputFile, parts: dict[str, Part], name: str, budget: Budget) -> bytes:
    (part,) = member_parts(file, {name: parts[name]})
    data = bytearray()
    for chunk in inflate(file, part, budget):
        keep(file, part, budget, len(chunk))
        data += chunk
        if len(data) > MAX_TEXT_BYTES:
            raise MalformedDocumentError(
                file.name,
                f"its text unpacks to more than {MAX_TEXT_BYTES // 2**20} MB: "
                "give only the questionnaire.",
                place=name[:100],
            )
    return bytes(data)


def _xml(file: InputFile, parts: dict[str, Part], name: str, budget: Budget) -> ET.Element:
    data = _bytes(file, parts, name, budget)
    _check_xml(file, name, data)
    try:
        root = ET.fromstring(data)  # noqa: S314 - entities, other encodings and size are refused above
    except ET.ParseError as error:
        raise _damaged(file, name) from error
    if _depth(root) > MAX_DEPTH:
        raise MalformedDocumentError(
            file.name,
            "its parts are nested deeper than Word nests them: copy the text into a new document.",
            place=name[:100],
        )
    return root


def _check_xml(file: InputFile, name: str, data: bytes) -> None:
    """Refuse what multiplies while it is read, and what is not in the encoding that was checked."""
    encoding = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf")[:200])
    is_utf8 = encoding is None or encoding[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
    if b"\0" in data or not is_utf8 or not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise MalformedDocumentError(
            file.name, "its text is not in UTF-8: save it anew with Word.", place=name[:100]
        )
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise MalformedDocumentError(
            file.name,
            "it defines XML entities, which no word processor writes: save it anew with Word.",
            place=name[:100],
        )
    if data.count(b"<") > MAX_TAGS:
        raise MalformedDocumentError(
            file.name, "it is longer than any questionnaire: give only the questionnaire."
        )


def _depth(root: ET.Element) -> int:
    deepest, level = 0, [root]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [child for element in level for child in element]
    return deepest


def _damaged(file: InputFile, name: str) -> MalformedDocumentError:
    return MalformedDocumentError(
        file.name,
        "it is cut off or damaged: save it again with Word, or get a new copy.",
        place=name[:100],
    )
