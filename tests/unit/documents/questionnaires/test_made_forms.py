"""Forms of strangers, blank and filled: the filled one gives its data, the blank one nothing."""

from form_writers import WRITERS
from made_forms import BOXES, KINDS, NO_QUESTIONS, Asked, Form, Item, form

from opportune.documents import read_documents
from opportune.errors import DocumentError
from opportune.model.file import InputFile

COUNT = 48


def problems(name: str, data: bytes, expected: list[tuple[str, str]]) -> list[str]:
    """Return what is wrong with how a form is read."""
    try:
        found = read_documents([InputFile("form.docx", data)])
    except DocumentError as error:
        return [f"{name}: refused: {error}"]
    got = [(one.question, one.answer) for one in found.answers]
    wrong = [f"{name}: not wanted: {pair}" for pair in got if pair not in expected]
    wrong += [f"{name}: missing: {pair}" for pair in expected if pair not in got]
    return wrong if wrong or got == expected else [f"{name}: in another order: {got}"]


def test_a_filled_form_gives_exactly_its_data_and_a_blank_one_nothing() -> None:
    wrong = []
    for seed in range(COUNT):
        made = form(seed)
        for writer, write in WRITERS.items():
            kinds = [item.kind for item in made.items]
            name = f"{writer} {seed} {made.language} {kinds}"
            wrong += problems(name, write(made, filled=True), made.answered)
            wrong += problems(f"{name}, blank", write(made, filled=False), [])
    assert wrong == []


def test_every_kind_of_item_and_box_comes_up() -> None:
    items = [item for seed in range(COUNT) for item in form(seed).items]
    assert {item.kind for item in items} == {*KINDS, *NO_QUESTIONS}
    assert {item.box for item in items if item.asked and item.asked[0].options} == set(BOXES)


def test_each_kind_of_box_in_each_place_is_read_as_what_it_is() -> None:
    wrong = []
    options = ("Knots", "Leagues", "Fathoms")
    for kind in (one for one in KINDS if one.startswith("ticked") or one == "label and box"):
        for box in BOXES:
            for chosen in ((), (0,), (2,), (0, 2), (0, 1, 2)):
                asked = Asked("In which unit?", "", options, frozenset(chosen))
                last = Item("below", (Asked("Is this the end?", "Yes"),))
                made = Form("en", (Item(kind, (asked,), box), last))
                expected = [pair for pair in made.answered if pair[1]]
                for writer, write in WRITERS.items():
                    name = f"{writer}, {kind}, {box}, {chosen}"
                    wrong += problems(name, write(made, filled=True), expected)
    assert wrong == []
