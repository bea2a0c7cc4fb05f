"""What every test shares. The home and the database are made earlier, in `tests.settings`."""

import pytest

from tests import throwaway


def pytest_configure() -> None:
    # Without them a test could write to the home of somebody's running Accord.
    if not throwaway.provided():
        raise pytest.UsageError(
            "The tests need their own settings: unset DJANGO_SETTINGS_MODULE and --ds."
        )


def pytest_unconfigure() -> None:
    throwaway.remove()
