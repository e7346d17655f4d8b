"""DOCX from a user's own template: checked, then rendered where it can do no harm."""

import json
import subprocess
import sys
from dataclasses import dataclass

from opportune.errors import MalformedDocumentError
from opportune.export.document import worded
from opportune.export.docx import packed_at
from opportune.export.docx_package import check_template
from opportune.export.portfolio import Portfolio

DEADLINE_S = 30
CHILD = "import sys; sys.path[:] = {path!r}; from opportune.export.docx_child import main; main()"


@dataclass(frozen=True, slots=True)
class UserTemplate:
    """A DOCX with tags, as a user gave it."""

    name: str
    data: bytes


def write(portfolio: Portfolio, template: UserTemplate) -> bytes:
    """Fill in a user's template.

    Raises:
        UnsupportedDocumentError: It is not a DOCX, or holds macros.
        MalformedDocumentError: It is broken, or a tag of it is; the message names the tag.
    """
    check_template(template.name, template.data)
    data = json.dumps(worded(portfolio)).encode() + b"\n" + template.data
    try:
        child = subprocess.run(  # noqa: S603 - ourselves, and nothing of the user's in the arguments
            [sys.executable, "-c", CHILD.format(path=sys.path)],
            input=data,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _endless(template.name) from None
    line, _, document = child.stdout.partition(b"\n")
    if child.returncode < 0:
        raise _endless(template.name)
    if not line:
        raise MalformedDocumentError(
            template.name, "it could not be filled in: open it in Word and save it anew."
        )
    answer = json.loads(line)
    if "problem" in answer:
        raise MalformedDocumentError(
            template.name, f"{answer['problem']}.", place=answer["tag"] and f"tag {answer['tag']}"
        )
    return packed_at(document, portfolio.moment)


def _endless(name: str) -> MalformedDocumentError:
    return MalformedDocumentError(
        name, "it takes too long or too much memory to fill in: fewer loops inside loops."
    )
