"""Everything that trainers name is named here too, in English as the trainers have it."""

import pytest
from django.utils import translation

from training import wording
from training.trainers.catalog import TRAINERS
from training.trainers.config_fields import ConfigError
from training.trainers.evaluation import pair_accuracy
from training.trainers.evaluation.alarms import alarms
from training.trainers.rewards.rules import RULES, parse_rules

SENTENCES = [
    ("reward_model", {"epochs": "many"}),
    ("reward_model", {"batch_size": "2.5"}),
    ("reward_model", {"learn_from_ties": "perhaps"}),
    ("reward_model", {"loss": "best"}),
    ("reward_model", {"epochs": "0"}),
    ("reward_model", {"max_steps": "-1"}),
    ("reward_model", {"loss": "plackett_luce", "margin_scale": "1"}),
    ("dpo", {"loss": "cdpo"}),
    ("dpo", {"reference": "adapters_off", "tuning": "full"}),
    ("dpo", {"reference": "adapters_off", "reference_model": "m"}),
    ("dpo", {"loss": "simpo", "reference_model": "m"}),
    ("dpo", {"loss": "plackett_luce", "margin_scale": "1"}),
    ("evaluate", {"model": "tiny"}),
    ("kto", {"batch_size": "1"}),
    ("kto", {"bad_weight": "0"}),
    ("soup", {"model": "a", "reward_models": "judge"}),
    ("soup", {"model": "a", "other_policies": "b"}),
    ("soup", {"model": "a", "other_policies": "b", "reward_models": "r", "chosen": "0.5,0.6"}),
    ("soup", {"model": "a", "other_policies": "b", "reward_models": "r", "chosen": "1,0;0,1"}),
    ("soup", {"model": "a", "other_policies": "b", "reward_models": "r", "mixtures": "1"}),
    ("raft", {}),
    ("raft", {"reward_model": "judge", "n": "1"}),
    ("iterated_dpo", {"reward_model": "judge", "n": "1"}),
    ("iterated_dpo", {"reward_model": "judge", "n": "12", "compare": "ranking"}),
]

ALARMING = [
    {"held_out_kl": 1000.0},
    {"held_out_kl": 25.0},
    {"held_out_kl": 18.0},
    {"held_out_entropy": 0.1},
    {"held_out_length": 200.0},
    {"held_out_repetition": 0.9},
    {"held_out_finished": 0.1},
    {"held_out_reward": 0.0, "held_out_reward_deviation": 0.0},
]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_trainers_and_settings_are_called_what_they_call_themselves(trainer) -> None:
    entry, words = TRAINERS[trainer], wording.TRAINERS[trainer]
    assert (str(words.title), str(words.description)) == (entry.title, entry.description)
    for info in entry.config.options():
        assert wording.name_of(info.name) == info.name.replace("_", " ").capitalize()


def test_a_figure_that_nobody_knows_is_called_by_its_letters() -> None:
    assert wording.name_of("policy/kl_mean") == "Policy kl mean"
    assert wording.name_of("held_out_score_margin") == "Held out: Score margin"
    assert wording.name_of("by_kind / x_y / accuracy") == "By kind / X y / Accuracy"
    assert wording.phase_of("dreaming") == "dreaming"


def test_a_part_of_a_figure_is_called_by_both_names() -> None:
    assert wording.name_of("reward/length") == "Reward: Length in tokens"
    assert wording.name_of("reward/my_rule") == "Reward: my_rule"
    assert wording.name_of("held_out_reward/my_rule") == "Held out: Reward: my_rule"


@pytest.mark.parametrize("last", ALARMING)
def test_what_an_alarm_says_is_known_here(last, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.sentences.gettext", lambda template: "known")
    start = {"step": 0, "held_out_reward": 0.5, "held_out_entropy": 2.0, "held_out_length": 40.0,
             "held_out_repetition": 0.0, "held_out_finished": 1.0}  # fmt: skip
    (alarm,) = alarms([start, {"step": 10, **last}], kl_budget=20)
    assert wording.sentence_of(alarm.sentence) == "known"


def test_over_optimisation_is_known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelers.sentences.gettext", lambda template: "known")
    gain, unseen = "held_out_reward_gain", "held_out_unseen_reward_gain"
    history = [
        {"step": step, "held_out_reward": 1.0 + step, "held_out_unseen_reward": -1.0 - step,
         "held_out_kl": 1.0, gain: float(step), unseen: -float(step), f"{unseen}_high": 0.5 - step}
        for step in (0, 10, 20)
    ]  # fmt: skip
    (alarm,) = alarms(history, kl_budget=20)
    assert wording.sentence_of(alarm.sentence) == "known"


@pytest.mark.parametrize(("trainer", "given"), SENTENCES)
def test_what_a_setting_refuses_is_said_in_japanese(trainer, given) -> None:
    with pytest.raises(ConfigError) as refused:
        TRAINERS[trainer].config.from_text({"dataset": "/data", **given})
    english = str(refused.value)
    assert wording.sentence_of(english) == english
    with translation.override("ja"):
        said = wording.sentence_of(english)
    assert said != english
    assert "。" in said


@pytest.mark.parametrize(
    ("low", "high", "length"), [(0.4, 0.6, 0.5), (0.1, 0.3, 0.5), (0.6, 0.8, 0.7), (0.6, 0.8, 0.5)]
)
def test_a_verdict_is_said_in_japanese_with_its_figures(low, high, length) -> None:
    figures = {
        "accuracy": (low + high) / 2,
        "accuracy_low": low,
        "accuracy_high": high,
        "accuracy_longer": length,
        "accuracy_shorter": 1 - length,
    }
    english = pair_accuracy.verdict(figures)
    with translation.override("ja"):
        said = wording.sentence_of(english)
    assert said != english
    assert f"{(low + high) / 2:.1%}" in said


@pytest.mark.parametrize("name", RULES)
def test_rules_are_described_here_and_begin_as_they_may_be_written(name) -> None:
    words = wording.RULES[name]
    assert str(words.description) == RULES[name].description
    (rule,) = parse_rules(words.example)
    assert rule.name == name
    assert rule.weight > 0
