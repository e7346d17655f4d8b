"""Users' own templates: filled in, and harmless whatever somebody put into one."""

import re
from pathlib import Path
from random import Random

import pytest
from docx_files import NAME, paragraphs_of, part_of, tables_of, template, with_parts
from hypothesis import given, settings
from jinja2 import TemplateError
from portfolios import HOSTILE, MARKUP, analysed, hostile, portfolio

from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.export import docx_package, docx_template
from opportune.export.document import worded
from opportune.export.docx_language import FILTERS, TemplateLanguage
from opportune.export.docx_template import UserTemplate, write
from opportune.model.records import Opportunity

DOCS = Path(__file__).parents[3] / "docs" / "exports.md"
RELATIONS = "word/_rels/document.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def refused(*paragraphs: str) -> str:
    with pytest.raises(MalformedDocumentError) as error:
        write(portfolio(hostile("x")), template(*paragraphs))
    return str(error.value)


def unpacked(data: bytes) -> str:
    """Return why a package is refused."""
    with pytest.raises(DocumentError) as error:
        write(portfolio(), UserTemplate(NAME, data))
    return str(error.value)


def test_a_template_is_filled_in_with_loops_conditions_and_filters() -> None:
    shown = analysed("es")
    own = template(
        "{{ title|upper }}: {{ customer }} ({{ 7*7 }})",
        "{%p for one in opportunities if one.priority_code == 'High' %}",
        "{{ loop.index }} {{ one.title }} = {{ one.arr }}{% if one.estimate %} *{% endif %}",
        "{%p endfor %}",
        rows=[["{%tr for step in words %}"], ["{{ step }}"], ["{%tr endfor %}"]],
    )  # fmt: skip
    made = write(shown, own)
    first, *rest = paragraphs_of(made)
    assert first == f"{shown.title.upper()}: {shown.customer} (49)"
    high = [one for one in worded(shown)["opportunities"] if one["priority_code"] == "High"]
    assert rest[: len(high)] == [
        f"{n} {one['title']} = {one['arr']}{' *' if one['estimate'] else ''}"
        for n, one in enumerate(high, 1)
    ]
    assert len(tables_of(made)[0]) == len(worded(shown)["words"])


def test_equal_portfolios_and_templates_give_equal_bytes() -> None:
    own = template("{{ title }}")
    assert write(analysed(), own) == write(analysed(), own)


def test_a_text_of_an_opportunity_is_never_a_tag_or_markup() -> None:
    shown = portfolio(hostile(MARKUP))
    (text,) = paragraphs_of(write(shown, template("{{ opportunities[0].title }}")))
    assert text == MARKUP


@pytest.mark.parametrize(("tag", "problem"), [
    ("{{ ''.__class__ }}", "reaches for '__class__'"),
    ("{{ title.__class__.__mro__ }}", "reaches for '__"),
    ("{{ title['__class__'] }}", "there is no '__class__'"),
    ("{{ title['__cl' + 'ass__'] }}", "there is no '__class__'"),
    ("{{ title|attr('__class__') }}", "No filter named 'attr'"),
    ("{{ opportunities|map('upper') }}", "No filter named 'map'"),
    ("{{ title|safe }}", "No filter named 'safe'"),
    ("{{ '%9999999d'|format(1) }}", "No filter named 'format'"),
    ("{{ title.format(1) }}", "calls something"),
    ("{{ title.upper }}", "there is no 'upper'"),
    ("{{ words.items }}", "there is no 'items'"),
    ("{{ range(10) }}", "calls something"),
    ("{{ lipsum }}", "'lipsum' is undefined"),
    ("{{ cycler }}", "'cycler' is undefined"),
    ("{{ self }}", "reaches for the template itself"),
    ("{{ 9**9**9 }}", "raises to a power"),
    ("{{ 'a' * 999999999 }}", "only numbers can be multiplied"),
    ("{{ '%s' % 1 }}", "uses %"),
    ("{{ title ~ title }}", "joins with ~"),
    ("{% set x = 1 %}", "assigns a variable"),
    ("{% include '/etc/passwd' %}", "includes a file"),
    ("{% import 'os' as os %}", "imports a file"),
    ("{% extends 'x' %}", "extends a file"),
    ("{% macro m() %}{% endmacro %}", "defines a macro"),
    ("{{ 1 / 0 }}", "division by zero"),
])  # fmt: skip
def test_a_tag_that_could_do_harm_is_refused(tag: str, problem: str) -> None:
    with pytest.raises((TemplateError, ArithmeticError), match=re.escape(problem)):
        TemplateLanguage().from_string(tag).render(worded(portfolio(hostile("x"))))


@pytest.mark.parametrize(("paragraphs", "parts"), [
    (["{{ title }}", "{{ 1 + }}", "{{ customer }}"], ["{{ 1 + }}"]),
    (["{{ titel }}"], ["{{ titel }}", "'titel' is undefined"]),
    (["{% for one in opportunities %}{{ one.titel }}{% endfor %}"], ["one.titel", "no 'titel'"]),
    (["{% endfro %}"], ["{% endfro %}", "unknown tag 'endfro'"]),
    (["{% for one in opportunities %}"], ["'endfor'"]),
    (["{%p for one in opportunities %}", "{% if x %}", "{%p endfor %}"], ["endfor", "'if'"]),
    (["{{ title }}", "{{ ''.__class__ }}"], ["tag {{ ''.__class__ }}: reaches for '__class__'"]),
    (["{{ title['__cl' + 'ass__'] }}"], ["tag {{ title['__cl' + 'ass__'] }}: there is no"]),
])  # fmt: skip
def test_a_broken_tag_is_named(paragraphs: list[str], parts: list[str]) -> None:
    message = refused(*paragraphs)
    assert all(part in message for part in parts), message


@pytest.mark.slow
def test_a_loop_inside_loops_without_end_is_stopped() -> None:
    depth = 9
    bomb = "{% for a in words %}" * depth + "{% endfor %}" * depth
    assert "too long or too much memory" in refused(bomb)


@pytest.mark.slow
def test_output_without_end_is_stopped() -> None:
    depth = 5
    bomb = "{% for a in words %}" * depth + "{{ words }}" + "{% endfor %}" * depth
    assert "memory" in refused(bomb)


def test_brackets_without_end_are_stopped() -> None:
    assert "nested too deeply" in refused("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}")


def test_the_process_that_renders_can_open_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try in it what a hole in the fence would allow: files to read and write, a connection."""
    attempt = (
        "import sys, io, socket; sys.path[:] = {path!r}; from opportune.export import docx_child\n"
        "def tried(*_):\n"
        "    for act in (lambda: open('/etc/hostname'), lambda: open('/tmp/x-opportune', 'w'),"
        " lambda: socket.create_connection(('127.0.0.1', 9))):\n"
        "        try:\n            act()\n"
        "        except OSError as error:\n"
        "            if error.errno != 24: raise SystemExit('open: ' + str(error))\n"
        "        else: raise SystemExit('open')\n"
        "    raise ValueError('nothing could be opened')\n"
        "docx_child._rendered = tried\n"
        "docx_child.main()"
    )
    monkeypatch.setattr(docx_template, "CHILD", attempt)
    assert "nothing could be opened" in refused("{{ title }}")


def test_a_document_with_macros_is_refused() -> None:
    plain = template("x")
    types = part_of(plain, "[Content_Types].xml")
    macro = types.replace(
        docx_package.MAIN, "application/vnd.ms-word.document.macroEnabled.main+xml"
    )
    assert "macros" in unpacked(with_parts(plain, {"[Content_Types].xml": macro.encode()}))
    assert "macros" in unpacked(with_parts(plain, {"word/vbaProject.bin": b"x"}))
    assert "embedded" in unpacked(with_parts(plain, {"word/embeddings/oleObject1.bin": b"x"}))


@pytest.mark.parametrize(("kind", "target", "is_fine"), [
    ("attachedTemplate", "http://example.com/x.dotm", False),
    ("image", "http://example.com/x.png", False),
    ("image", "file:///etc/passwd", False),
    ("frame", "\\\\host\\share", False),
    ("hyperlink", "file:///etc/passwd", False),
    ("hyperlink", "https://example.com/", True),
    ("hyperlink", "mailto:ana@example.com", True),
])  # fmt: skip
def test_what_word_would_fetch_is_refused_and_a_link_is_not(
    kind: str, target: str, *, is_fine: bool
) -> None:
    plain = template("x")
    relation = (
        f'<Relationship Id="rId99" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'
    )
    relations = part_of(plain, RELATIONS).replace("</Relationships>", f"{relation}</Relationships>")
    data = with_parts(plain, {RELATIONS: relations.encode()})
    if is_fine:
        assert write(portfolio(), UserTemplate(NAME, data))
    else:
        assert f"outside of it ({kind})" in unpacked(data)


@pytest.mark.parametrize("field", [
    '<w:fldSimple w:instr=" INCLUDETEXT &quot;/etc/passwd&quot; "/>',
    "<w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO c:\\\\x</w:instrText></w:r>",
])  # fmt: skip
def test_a_field_that_reads_files_is_refused(field: str) -> None:
    plain = template("x")
    body = part_of(plain, "word/document.xml").replace("<w:sectPr", f"<w:p>{field}</w:p><w:sectPr")
    assert "reads another file" in unpacked(with_parts(plain, {"word/document.xml": body.encode()}))


def test_entities_and_broken_xml_are_refused() -> None:
    plain = template("x")
    body = part_of(plain, "word/document.xml")
    bomb = body.replace("<w:document", '<!DOCTYPE x [<!ENTITY a "b">]><w:document', 1)
    assert "entities" in unpacked(with_parts(plain, {"word/document.xml": bomb.encode()}))
    assert "no valid XML" in unpacked(with_parts(plain, {"word/document.xml": b"<w:document>"}))
    wide = body.replace("UTF-8", "UTF-16").encode("utf-16")
    assert "not in UTF-8" in unpacked(with_parts(plain, {"word/document.xml": wide}))


def test_what_unpacks_to_too_much_is_refused() -> None:
    plain = template("x")
    zeros = b"\0" * 2_000_000
    assert "as a zip bomb does" in unpacked(with_parts(plain, {"word/media/a.png": zeros}))
    noise = Random(7).randbytes(7_000_000)
    parts = {f"word/media/{n}.png": noise + bytes(12_000_000) for n in range(3)}
    assert "the 40 MB" in unpacked(with_parts(plain, parts))
    large = {"word/media/a.png": noise + bytes(14_000_000)}
    assert "that are read" in unpacked(with_parts(plain, large))
    many = {f"word/media/{n}.png": b"" for n in range(1_001)}
    assert "parts" in unpacked(with_parts(plain, many))
    long = b"<a>" + noise[:100].hex().encode() * 26_000 + b"</a>"
    assert "over 5 MB" in unpacked(with_parts(plain, {"word/a.xml": long}))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7", b"\xd0\xcf\x11\xe0"])
def test_another_kind_of_file_is_refused(data: bytes) -> None:
    with pytest.raises(UnsupportedDocumentError, match="not a DOCX"):
        write(portfolio(), UserTemplate(NAME, data))


@settings(max_examples=6)
@given(HOSTILE)
def test_no_text_breaks_a_template(one: Opportunity) -> None:
    own = template("{{ opportunities[0].reasoning }}", "{{ opportunities[0].evidence[0].text }}")
    assert paragraphs_of(write(portfolio(one), own))


def test_every_variable_and_filter_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    shown = worded(analysed())
    one = next(o for o in shown["opportunities"] if o["estimate"])
    named = {
        *shown,
        *one,
        *one["estimate"],
        *one["estimate"]["inputs"][0],
        *one["evidence"][0],
        *FILTERS,
    }
    missing = {name for name in named if not re.search(rf"`{name}`", text)}
    assert missing == set()
