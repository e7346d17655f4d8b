"""Opens a Word document safely, and finds the parts of it that say what is in it."""

import posixpath
import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from opportune.documents.opening.package import Package
from opportune.errors import MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

_TYPES = "[content_types].xml"
_USUAL_NAME = re.compile(r"word/document\d*\.xml")
_MAIN_TYPE = re.compile(
    r"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml\.(?:document|template)"
    r"|ms-word\.(?:document|template)\.macroEnabled(?:Template)?)\.main\+xml",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class WordXml:
    """The parts of a Word document that say what is in it."""

    body: ET.Element
    styles: ET.Element | None


def identify(package: Package) -> bool:
    """Say whether a zip is a Word document, whatever its main part is called."""
    if any(_USUAL_NAME.fullmatch(name) for name in package.parts):
        return True
    try:
        return _TYPES in package.parts and bool(_typed_main(package))
    except (MalformedDocumentError, UnsupportedDocumentError):
        # Damaged where it says what it is: refused as what most of its parts are.
        return any(re.fullmatch(r"word/[^/]+\.xml", name) for name in package.parts)


def open_word(file: InputFile) -> WordXml:
    """Return the XML of a .docx file.

    Raises:
        UnsupportedDocumentError: It has macros, or is not a Word document.
        MalformedDocumentError: Locked, damaged, beyond the limits, or with entities in its XML.
    """
    package = Package(file)
    if not identify(package):
        raise UnsupportedDocumentError(file.name, "it is not a Word document (.docx).")
    if any(name.endswith("vbaproject.bin") for name in package.parts):
        raise UnsupportedDocumentError(
            file.name, "it is a Word document with macros (.docm): save it as .docx and give that."
        )
    main = _main_part(package)
    styles = package.related("styles", main) or posixpath.join(
        posixpath.dirname(main), "styles.xml"
    )
    return WordXml(package.xml(main), package.xml(styles) if styles in package.parts else None)


def _main_part(package: Package) -> str:
    """Return the lower-case name of the part with the text: related, typed, or usually named."""
    related = package.related("officeDocument")
    if related in package.parts:
        return related
    typed = _typed_main(package) if _TYPES in package.parts else ""
    if typed in package.parts:
        return typed
    usual = (name for name in package.parts if _USUAL_NAME.fullmatch(name))
    return next(usual, related or typed)


def _typed_main(package: Package) -> str:
    """Return the name that the list of content types gives the main part; empty if none."""
    return next(
        (
            one.get("PartName", "").lstrip("/").lower()
            for one in package.xml(_TYPES)
            if _MAIN_TYPE.fullmatch(one.get("ContentType", ""))
        ),
        "",
    )
