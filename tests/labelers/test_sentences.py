"""Stored sentences find the template they were made from, and otherwise stay what they are."""

from django.utils import translation

from labelers.sentences import in_words

TEMPLATES = (
    "{name} is {value}: choose one of {choices}.",
    "device is {device}, which this machine has not: take auto.",
)


def test_english_and_unknown_sentences_stay_as_they_are():
    sentence = "loss is 'x': choose one of a, b."
    assert in_words(sentence, TEMPLATES) == sentence
    with translation.override("ja"):
        assert in_words("Nobody wrote this.", TEMPLATES) == "Nobody wrote this."


def test_values_are_carried_over_whatever_they_hold():
    sentence = "device is {odd} %s\nthing, which this machine has not: take auto."
    assert in_words(sentence, TEMPLATES) == sentence
    with translation.override("ja"):
        said = in_words(sentence, TEMPLATES)
    assert "{odd} %s\nthing" in said
    assert said != sentence


def test_braces_of_a_template_stand_for_themselves():
    assert in_words('give {"role": 1}.', ('give {{"role": {n}}}.',)) == 'give {"role": 1}.'
