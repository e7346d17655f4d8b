"""What a form says to those who fill it in: hints, instructions, examples. Never an answer."""

import re

_DETERMINER = (
    r"(?:the|this|these|your|any|all|each|every|an?|one|how|what|which|who|whether|if|where|when|"
    r"why|here|in|names?|details?|numbers?|below|briefly|only|relevant)\b"
)
_NO_REFERENCE = r"(?!,? (?:see|refer|find|check|contact|ver|vea|consulte)\b)"
_HINT = re.compile(
    rf"please\b{_NO_REFERENCE}|por favor\b{_NO_REFERENCE}"
    r"|if (?:so|yes|no|not|any|applicable|available)\b|if you (?:do|have|use|are)\b"
    r"|e\.\s?g\.|p\.\s?ej\.|p\.\s?ex\."
    r"|(?:for (?:example|instance)|examples?(?: (?:answer|response|text))?|sample (?:answer|"
    r"response|text)|por ejemplo|ejemplos?(?: de respuesta)?|por exemplo|"
    r"exemplos?(?: de resposta)?)\s*[:,]"
    r"|(?:note|hint|tip|guidance|instructions?|nota|consejo|instrucci[oó]n(?:es)?|orientaci[oó]n|"
    r"dica|instru[cç](?:[aã]o|[oõ]es)|orienta[cç][aã]o)\s*:"
    r"|si (?:es as[ií]|aplica|procede)|en caso (?:afirmativo|de que)|se (?:sim|aplic[aá]vel)\b"
    r"|(?:use |in |the purpose of )?(?:this|the following) (?:section|table|question(?:s|naire)?|"
    r"form|field|template|column|row)s?\b"
    r"|(?:en |use )?est[aeo]s? (?:secci[oó]n|tabla|pregunta|formulario|campo|plantilla)s?\b"
    r"|(?:use |n)?est[ae]s? (?:se[cç][aã]o|tabela|pergunta|formul[aá]rio|campo|modelo)s?\b",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:describe|specify|indicate|explain|enter|list|select|choose|type|write|insert|fill (?:in|"
    rf"out)|tick|mark|circle|state|outline|summari[sz]e)\s+{_DETERMINER}"
    r"|insert\s+\w|enter\s+(?:company|customer|project|application|text|values?|dates?|e-?mail)\b"
    r"|(?:provide|include|identify|name|give|attach|add|record|capture)\s+(?:your|details?|here|"
    r"below|names? of|(?:the|an?) (?:list|brief|short|description|summary|link|number|names?|"
    r"overview|details?)\b|any (?:other|additional|relevant)|all (?:that|relevant|the) )"
    r"|(?:describa|especifique|indique|explique|enumere|seleccione|elija|escoja|escriba|"
    r"introduzca|ingrese|rellene|marque|incluya|proporcione|mencione|anote|liste|se[nñ]ale|adjunte|"
    r"descreva|selecione|escolha|escreva|insira|digite|preencha|detalhe|inclua|"
    r"forne[cç]a|informe|assinale|anexe)\s+\w",
    re.IGNORECASE,
)
_FIELD = (
    r"(?:(?:full |job |nombre y )?(?:names?|titles?|roles?|e-?mails?|phones?|telephones?|company|"
    r"department|address|nombres?|cargos?|correos?(?: electr[oó]nicos?)?|tel[eé]fonos?|empresas?|"
    r"nomes?|telefones?|fun[cç][aã]o)(?: (?:numbers?|address(?:es)?))?)"
)
_FIELDS = re.compile(
    rf"{_FIELD}(?:\s*(?:[,;/&+]|\band\b|\by\b|\be\b)+\s*(?:and |y |e |& )?{_FIELD})+\W*",
    re.IGNORECASE,
)
"""Names what to enter, and nothing else: "Name, title, e-mail"."""
_LIST_OF = re.compile(
    r"(?:(?:brief |full |complete )?list of|listado? de|lista d[aeo]s?)"
    r"(?!.*\b(?:attach|annex|append|enclos|anex|adjunt|separate|share|wiki|cmdb))"
    r"(?: [^\W\d]+){1,4}\W*",
    re.IGNORECASE,
)
"""Says what to list: "List of AWS Regions"."""
_CHOICES = re.compile(
    r"\b(?:others?|otr[oa]s?|outr[oa]s?)\s*\((?:please )?(?:specify|especifi(?:car|que)|"
    r"detall(?:ar|e))\)\W*$",
    re.IGNORECASE,
)
"""Ends a list of what could be answered, if no box of it is ticked."""
_EXAMPLE_ROW = re.compile(
    r"\W*(?:examples?|samples?|ejemplos?|exemplos?|muestra|amostra)"
    r"(?: (?:row|entry|data|answer|only|fila|linha|dados|datos))?(?:\s*#?\d+)?\W*"
    r"|\W*(?:(?:examples?|samples?|ejemplos?|exemplos?|amostra|muestra)\s*[:\u2013-]|"
    r"\(?(?:e\.\s?g\.|p\.\s?ej\.|p\.\s?ex\.)).{0,200}",
    re.IGNORECASE | re.DOTALL,
)


_SAMPLE_WORD = re.compile(
    r"(?<![a-z.])(?:samples?|ejemplos?|exemplos?|muestra|amostra|examples?(?! corp\b))(?!\.?[a-z])",
    re.IGNORECASE,
)
"""Not as a part of a domain: web01.example.test is a machine."""


def names_a_sample(text: str) -> bool:
    """Say whether a cell has the word sample in it: "srv-sample-01", "Sample app"."""
    return bool(_SAMPLE_WORD.search(text))


def is_hint(text: str) -> bool:
    """Say whether a text below a question explains it: "Please ...", "e.g. ...", "Note: ..."."""
    return bool(_HINT.match(text.lstrip("([ ")) or _CHOICES.search(text))


def is_guidance(text: str) -> bool:
    """Say whether what stands where an answer should is the form's own words to its reader."""
    bare = text.lstrip("([< ")
    if _FIELDS.fullmatch(bare) or _LIST_OF.fullmatch(bare):
        return True
    return is_hint(text) or bool(_INSTRUCTION.match(bare))


def is_example(text: str) -> bool:
    """Say whether a cell declares its row to be an example: "Example", "Sample 1", "e.g. SAP"."""
    return bool(_EXAMPLE_ROW.fullmatch(text))
