"""What controls, boxes and form fields of a Word document hold, by the XML that describes them."""

from xml.etree.ElementTree import Element

_PICTURES = {
    "wingdings": {
        **dict.fromkeys((0xFE, 0xFD, 0x78), "\u2612"),
        **dict.fromkeys((0xA8, 0x6F, 0x71, 0x72), "\u2610"),
        0xFC: "\u2713",
        0xFB: "\u2717",
        0xA1: "\u25cb",
        0xA4: "\u25c9",
        0x6C: "\u25cf",
    },
    "wingdings 2": {
        **dict.fromkeys((0x52, 0x53, 0x54), "\u2612"),
        0xA3: "\u2610",
        0x50: "\u2713",
        0x4F: "\u2717",
    },
    "webdings": {0x63: "\u2610", 0x67: "\u25a0", 0x61: "\u2713", 0x72: "\u2717"},
}
"""Boxes, ticks and circles by the last byte of their code in fonts of pictures."""
_NO_ENTRY = frozenset(
    {"docPartObj", "group", "repeatingSection", "repeatingSectionItem", "citation", "bibliography"}
)


def local(element: Element) -> str:
    """Return an element's name without its namespace; Word has two sets of them."""
    return element.tag.rpartition("}")[2]


def _nodes(element: Element | None) -> list[Element]:
    return [] if element is None else list(element)


def child(element: Element | None, name: str) -> Element | None:
    """Return the first child of this name."""
    if element is None:
        return None
    return next((found for found in element if local(found) == name), None)


def attribute(element: Element | None, name: str) -> str | None:
    """Return an attribute, whatever its namespace."""
    if element is None:
        return None
    return next((v for key, v in element.attrib.items() if key.rpartition("}")[2] == name), None)


def value_of(element: Element | None, name: str) -> str | None:
    """Return the `val` of a child; "" if it has none; None if there is no such child."""
    found = child(element, name)
    return None if found is None else (attribute(found, "val") or "")


def is_on(element: Element | None, name: str) -> bool:
    """Say whether a property is switched on: it is there, and its value does not switch it off."""
    value = value_of(element, name)
    return value is not None and value.lower() not in ("0", "false", "off", "none")


def is_entry(control: Element) -> bool:
    """Say whether a control is there to be filled in: not one that only groups or repeats."""
    properties = child(control, "sdtPr")
    return not any(local(node) in _NO_ENTRY for node in _nodes(properties))


def is_contents(control: Element) -> bool:
    """Say whether a control is a table of contents."""
    gallery = value_of(child(child(control, "sdtPr"), "docPartObj"), "docPartGallery") or ""
    return gallery.casefold() == "table of contents"


def is_filled(control: Element) -> bool:
    """Say whether a control holds something that was entered or picked."""
    properties = child(control, "sdtPr")
    if is_on(properties, "showingPlcHdr"):
        return False
    content = child(control, "sdtContent")
    shown = [] if content is None else [x.text or "" for x in content.iter() if local(x) == "t"]
    blank = {
        attribute(item, "displayText")
        for kind in ("dropDownList", "comboBox")
        for item in _nodes(child(properties, kind))
        if not attribute(item, "value")
    }
    return "".join(shown).strip() not in blank


def box_of(control: Element) -> str:
    """Return the box that a control shows, ticked or not; empty if it is none."""
    box = child(child(control, "sdtPr"), "checkbox")
    if box is None:
        return ""
    return "\u2612" if is_on(box, "checked") else "\u2610"


def is_embedded_box(control: Element) -> bool:
    """Say whether an ActiveX control is a box or a circle to tick, by the name Word gives it."""
    name = (attribute(control, "name") or "").casefold()
    return name.startswith(("checkbox", "optionbutton", "togglebutton"))


def picked(chosen: Element) -> str:
    """Return the entry that was picked in a form field's list; empty if none was."""
    entries = [attribute(item, "val") or "" for item in chosen if local(item) == "listEntry"]
    index = value_of(chosen, "result") or value_of(chosen, "default") or "0"
    at = int(index) if index.isdecimal() and len(index) < 6 else 0  # noqa: PLR2004 - digits of an index
    return entries[at] if child(chosen, "result") is not None and at < len(entries) else ""


def symbol_of(element: Element) -> str:
    """Return a box or mark that is drawn with a font of pictures."""
    try:
        code = int(attribute(element, "char") or "", 16) & 0xFF
    except ValueError:
        return ""
    return _PICTURES.get((attribute(element, "font") or "").lower(), {}).get(code, "")


def in_font(text: str, fonts: Element | None) -> str:
    """Return a run's text as it is shown: letters of a font of pictures are boxes and marks."""
    named = (attribute(fonts, name) for name in ("ascii", "hAnsi"))
    pictures = next((found for n in named if n and (found := _PICTURES.get(n.lower()))), None)
    if pictures is None:
        return text
    return "".join(pictures.get(ord(letter) & 0xFF, letter) for letter in text)


def is_italic(paragraph: Element) -> bool:
    """Say whether all text of a paragraph's own runs is italic."""
    runs = [node for node in paragraph if local(node) == "r"]
    shown = [run for run in runs if any(local(n) == "t" and (n.text or "").strip() for n in run)]
    return bool(shown) and all(is_on(child(run, "rPr"), "i") for run in shown)
