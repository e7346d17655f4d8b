"""The playbook as PDF, tagged for screen readers (PDF/UA-1), and its chart as a picture.

Fonts are ours and the only clock is the export's moment: equal arguments give equal bytes on every
machine, as long as our fonts have every character.
"""

import json
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import typst

from opportune.errors import ConfigurationError
from opportune.export.document import worded
from opportune.export.portfolio import Portfolio

LAYOUT = Path(__file__).with_name("layout")
FACES = ("Regular", "It", "Semibold", "Bold")
UNSHOWN = "could not be displayed"
"""What typst says of a character that no font of ours has."""
PICTURE_PPI = 220


def write(portfolio: Portfolio) -> bytes:
    """Write the playbook.

    PDF/UA demands a shape for every character. For one that our fonts lack (Chinese, an emoji) the
    machine's fonts are asked; if they lack it too, a box stands for it, and the file is tagged all
    the same but does not claim the standard.
    """
    for fonts in (_fonts, _with_the_machines_fonts):
        try:
            return _compiled(portfolio, "playbook.typ", "pdf", fonts(), standard=("ua-1",))
        except typst.TypstError as error:
            if UNSHOWN not in error.message:
                raise
    return _compiled(portfolio, "playbook.typ", "pdf", _with_the_machines_fonts())


def chart_picture(portfolio: Portfolio) -> bytes:
    """Return the chart as PNG."""
    return _compiled(portfolio, "picture.typ", "png", _fonts())


def _compiled(
    portfolio: Portfolio,
    name: str,
    kind: Literal["pdf", "png"],
    fonts: typst.Fonts,
    *,
    standard: Sequence[Literal["ua-1"]] = (),
) -> bytes:
    return typst.compile(
        str(LAYOUT / name),
        root=str(LAYOUT),
        font_paths=fonts,
        format=kind,
        ppi=PICTURE_PPI,
        sys_inputs={"data": json.dumps(worded(portfolio), ensure_ascii=False)},
        pdf_standards=[*standard],
        timestamp=int(portfolio.moment.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[_faces().name])


@cache
def _with_the_machines_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, font_paths=[_faces().name])


@cache
def _faces() -> "TemporaryDirectory[str]":
    """Lay out the faces we use; the package has twins, and which one would win is chance."""
    package = find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        raise ConfigurationError("The font is missing: pip install font-source-sans-pro")
    folder = TemporaryDirectory(prefix="opportune-fonts-")  # goes when the process ends
    for face in FACES:
        file = Path(package.origin).parent / "files" / f"SourceSansPro-{face}.ttf"
        shutil.copy(file, folder.name)
    return folder
