"""Renders a template in a process of its own, which can open no file and no connection any more.

In: one line of JSON with the context, then the template. Out: `{"ok": "yes"}` or a problem, one
line of JSON, then the document. Limits are the kernel's: whatever a template finds a way to do, it
is out of time, memory or file descriptors.
"""

import io
import json
import sys
from types import TracebackType
from typing import Any

import jinja2.debug  # noqa: F401 - loaded now: later nothing can be opened
from docxtpl import DocxTemplate  # type: ignore[import-untyped] # it ships no types
from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError

from opportune.export.docx_language import TemplateLanguage

UNNESTED = "its tags cut across paragraphs or rows: put each loop into tags {%p %} or {%tr %}"
CPU_S = 5
MEMORY_BYTES = 700_000_000
ANSWER_LIMIT_BYTES = 50_000_000


def main() -> None:
    """Render what stands on standard input to standard output."""
    context = json.loads(sys.stdin.buffer.readline())
    template = sys.stdin.buffer.read()
    "".encode("cp437")  # names in zip archives: its codec is loaded now
    TemplateLanguage().from_string("{{ 'loaded now likewise' }}")
    _let_go()
    language = TemplateLanguage()
    made, answer = b"", {"ok": "yes"}
    try:
        made = _rendered(template, context, language)
    except MemoryError:
        answer = {"problem": "needs too much memory: fewer loops inside loops", "tag": ""}
    except SyntaxError:  # of the XML that the tags have made
        answer = {"problem": UNNESTED, "tag": ""}
    except (TemplateError, RecursionError, ArithmeticError, TypeError, ValueError) as error:
        answer = {"problem": _sentence(error), "tag": language.tags_at(_line_of(error))}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + made)


def _let_go() -> None:
    """Give up files, connections, and more time and memory than a template needs."""
    try:
        import resource
    except ImportError:  # Windows: the fence of the language and the caller's deadline remain
        return
    for name, limit in (("CPU", CPU_S), ("AS", MEMORY_BYTES), ("NOFILE", 0), ("NPROC", 0)):
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
        except (OSError, ValueError):  # a lower one is set already, or the system has none
            continue


def _rendered(template: bytes, context: dict[str, Any], language: TemplateLanguage) -> bytes:
    document = DocxTemplate(io.BytesIO(template))
    document.render(context, jinja_env=language, autoescape=True)
    made = io.BytesIO()
    document.save(made)
    if made.tell() > ANSWER_LIMIT_BYTES:
        raise SecurityError(f"the document is over {ANSWER_LIMIT_BYTES // 1_000_000} MB")
    return made.getvalue()


def _sentence(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    text = error.message if isinstance(error, TemplateError) else str(error)
    return (text or "is not valid").rstrip(".")


def _line_of(error: Exception) -> int | None:
    """Return the line of the template that an error is about."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, step = None, error.__traceback__
    while isinstance(step, TracebackType):
        if step.tb_frame.f_code.co_filename == "<template>":
            line = step.tb_lineno
        step = step.tb_next
    return line
