"""The card of a dataset directory: what it loads, and that it stays what it was."""

import pytest

from exports.dataset_card import card
from exports.records import RECORD_TYPES

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def text_of(*configs):
    counts = {config: {"train": 12, "test": 1} for config in configs}
    return card(project="p", counts=counts, filters={"tags": []}, fractions=SHARES)


@pytest.mark.parametrize("config", RECORD_TYPES)
def test_every_configuration_is_explained(config):
    text = text_of(config)
    assert f"- config_name: {config}\n  default: true" in text
    assert f"path: {config}/test.parquet" in text
    assert "validation.parquet" not in text
    assert f'datasets.load_dataset(DIR, "{config}")' in text
    assert f"| {config} | 12 | 0 | 1 |" in text


def test_the_first_configuration_is_the_default():
    text = text_of("ranking", "rating")
    assert text.count("default: true") == 1
    assert "config_name: ranking\n  default: true" in text


def test_the_card_of_pairs_does_not_speak_of_topics():
    # The card is hashed: the same pairs keep the digest they had before there were topics.
    assert "another stay together. Shares: `{" in text_of("preference", "ranking")
    assert (
        "another stay together. Where there is a `topic`, its SHA-256 does. Shares: `{"
        in text_of("preference", "prompt_only")
    )


def test_a_method_that_learns_whom_to_trust_is_named_and_a_majority_is_not():
    known = {"project": "p", "counts": {"preference": {"train": 1}}, "filters": {}}
    learned = card(**known, fractions=SHARES, method="reliability")
    assert "by the method `reliability`" in learned
    assert card(**known, fractions=SHARES) == card(**known, fractions=SHARES, method="majority")
    assert "weighed" not in card(**known, fractions=SHARES)
