"""Every table that leads to a person is known to erasing, and to what one may take along."""

from django.apps import apps
from django.db.models import ForeignKey

from labelers.models import Person
from training.own_data import LISTS
from training.personal_data import KEPT, OWN

NOT_TAKEN_ALONG = {
    "labelers.KeptAnswer": "sealed with a key that the site does not have; gone within a day",
    "annotation.Desk": "what can be counted again from the answers, kept for speed",
    "labelers.Person_groups": "this site gives nobody groups of Django's",
    "labelers.Person_user_permissions": "nor permissions of Django's",
}


def keys_to_people() -> set[str]:
    """Every key to a person of every table, those of other packages too."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is Person
    }


def test_erasing_knows_every_key_to_a_person():
    erased = {f"{model._meta.label}.{key}" for model, key in OWN.items()}
    assert erased.isdisjoint(KEPT)
    assert keys_to_people() == erased | set(KEPT)


def test_what_is_of_one_person_alone_may_be_taken_along():
    told = {model._meta.label for model, _key, _fields in LISTS.values()}
    own = {model._meta.label for model in OWN}
    # What stays after an erasure is theirs as well where it says so.
    stays = {label.rpartition(".")[0] for label in KEPT if label.endswith(".person")}
    assert told.isdisjoint(NOT_TAKEN_ALONG)
    assert (own | stays) - told == set(NOT_TAKEN_ALONG)
