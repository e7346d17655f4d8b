"""The playbook as PDF, tagged for screen readers (PDF/UA-1), and its chart as a picture.

Fonts are ours alone and the only clock is the export's moment: equal arguments give equal bytes on
every machine.
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

    PDF/UA demands a shape for every character. With one that our fonts lack (Chinese, an emoji) the
    file is tagged all the same and its text is whole, but it does not claim the standard.
    """
    try:
        return _compiled(portfolio, "playbook.typ", "pdf", standard=("ua-1",))
    except typst.TypstError as error:
        if UNSHOWN not in error.message:
            raise
        return _compiled(portfolio, "playbook.typ", "pdf")


def chart_picture(portfolio: Portfolio) -> bytes:
    """Return the chart as PNG."""
    return _compiled(portfolio, "picture.typ", "png")


def _compiled(
    portfolio: Portfolio,
    name: str,
    kind: Literal["pdf", "png"],
    *,
    standard: Sequence[Literal["ua-1"]] = (),
) -> bytes:
    made = typst.compile(
        str(LAYOUT / name),
        root=str(LAYOUT),
        font_paths=_fonts()[0],
        ignore_system_fonts=True,
        format=kind,
        ppi=PICTURE_PPI,
        sys_inputs={"data": json.dumps(worded(portfolio), ensure_ascii=False)},
        pdf_standards=[*standard],
        timestamp=int(portfolio.moment.timestamp()),
    )
    return made if isinstance(made, bytes) else made[0]


@cache
def _fonts() -> tuple[typst.Fonts, object]:
    """Load the faces we use, once; the package has 24, and which one of two twins wins is chance."""
    package = find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        raise ConfigurationError("The font is missing: pip install font-source-sans-pro")
    folder = TemporaryDirectory(prefix="opportune-fonts-")
    for face in FACES:
        shutil.copy(Path(package.origin).parent / "files" / f"SourceSansPro-{face}.ttf", folder.name)
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[folder.name])
    return fonts, folder  # the folder goes when the process ends
