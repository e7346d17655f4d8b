"""What is stored of a play: the same bytes as stores that were written before hold."""

from opportune.analysis.plays.play import from_toml, to_toml
from opportune.analysis.plays.stored import analysed_play, play_of, template_of
from opportune.model.records import Template, TemplateParameter

VERSION_OF_A_BUILT_IN = """
id = "linux-eos"
category = "Our own"
[trigger]
products = ["rhel", "ubuntu"]
[es]
title = "Lo nuestro"
reasoning = ["{names}", {when = "none", text = "nada"}]
"""
WITHOUT_A_RULE = """
id = "kick-off"
category = "Workshop"
services = ["AWS Training and Certification"]
[priority]
rule = "fixed"
level = "High"
[es]
title = "Taller para {customer}"
next_steps = ["{teams:|Invitarlo|Invitarlos}."]
"""
KEPT = {
    VERSION_OF_A_BUILT_IN: '{"templateId":"linux-eos","title":"Lo nuestro","play":"linux-eos",'
    '"enabled":true,"parameters":[{"rule":"trigger","name":"products",'
    r'"value":"[\"rhel\", \"ubuntu\"]"}],'
    '"texts":[{"language":"es","title":"Lo nuestro","reasoning":[{"text":"{names}","when":""},'
    '{"text":"nada","when":"none"}],"priority":"","talkingPoints":[],"nextSteps":[]}],'
    '"category":"Our own","priority":"Medium","reasoning":"","talkingPoints":[],"nextSteps":[],'
    '"relatedServices":[],"language":"es","deleted":false,"createdAt":"","updatedAt":"",'
    '"updatedBy":"","changeId":"","version":0}',
    WITHOUT_A_RULE: '{"templateId":"kick-off","title":"Taller para {customer}","play":"",'
    '"enabled":true,"parameters":[],"texts":[{"language":"es","title":"Taller para {customer}",'
    '"reasoning":[],"priority":"","talkingPoints":[],'
    '"nextSteps":[{"text":"{teams:|Invitarlo|Invitarlos}.","when":""}]}],'
    '"category":"Workshop","priority":"High","reasoning":"","talkingPoints":[],"nextSteps":[],'
    '"relatedServices":["AWS Training and Certification"],"language":"es","deleted":false,'
    '"createdAt":"","updatedAt":"","updatedBy":"","changeId":"","version":0}',
}
"""Files, and what was stored of each before this module was written."""


def test_the_stored_form_of_a_file_has_not_changed_by_a_byte() -> None:
    for text, kept in KEPT.items():
        play = from_toml(text.encode(), "f.toml")
        assert template_of(play, play.id).model_dump_json() == kept
        shown = play_of(Template.model_validate_json(kept))
        assert template_of(from_toml(to_toml(shown).encode(), "f.toml"), play.id) == (
            Template.model_validate_json(kept)
        )


def test_a_sentence_without_a_condition_is_a_plain_text_in_answers_and_files() -> None:
    play = from_toml(VERSION_OF_A_BUILT_IN.encode(), "f.toml")
    assert play.model_dump()["es"]["reasoning"] == ("{names}", {"text": "nada", "when": "none"})
    assert '"{names}"' in to_toml(play)


def test_a_template_of_rules_that_this_version_lacks_is_shown_and_takes_no_part() -> None:
    later = Template(template_id="newer", title="Newer", play="of-a-later-version")
    shown = play_of(later)
    assert (shown.id, shown.play, shown.trigger, shown.languages) == (
        "newer", "of-a-later-version", {}, ()
    )  # fmt: skip
    assert analysed_play(later).languages == ()


def test_a_stored_trigger_cannot_name_another_rule() -> None:
    other = TemplateParameter(rule="trigger", name="rule", value='"sap"')
    kept = Template(template_id="ours", title="Ours", play="graviton", parameters=(other,))
    assert play_of(kept).trigger["rule"] == "graviton"
