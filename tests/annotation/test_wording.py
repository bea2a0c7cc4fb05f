"""The words of pages name what there is, and in English say what the owners say."""

from annotation import wording
from annotation.readers.catalog import READERS
from annotation.stats import coefficient
from annotation.task_kinds.catalog import TASK_KINDS


def test_kinds_and_readers_are_called_what_their_owners_call_them():
    assert {name: str(title) for name, title in wording.KINDS.items()} == {
        name: kind.title for name, kind in TASK_KINDS.items()
    }
    assert {name: str(text) for name, text in wording.READERS.items()} == {
        name: reader.description for name, reader in READERS.items()
    }


def test_every_reason_for_an_undefined_coefficient_is_known():
    assert {str(text) for text in wording.UNDEFINED.values()} == {
        coefficient.NO_OVERLAP,
        coefficient.ONE_CATEGORY,
    }
