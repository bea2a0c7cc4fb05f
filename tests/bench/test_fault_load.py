"""The ledger can fail: a promise that the database does not hold is counted."""

import os
import uuid

import pytest

from bench.fault_load import Ledger, broken_promises


@pytest.mark.django_db
def test_an_acknowledged_answer_that_is_not_there_is_lost():
    from django.db import connection
    from psycopg.conninfo import make_conninfo

    here = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    ledger = Ledger()
    assert set(broken_promises(ledger, here).as_dict().values()) == {0}
    client_id = uuid.uuid4()
    ledger.note(client_id, 1)
    ledger.note(client_id, 1)
    assert broken_promises(ledger, here).acknowledged_lost == 1
    assert broken_promises(ledger, here).stored_twice == 0
    ledger.note(client_id, 2)
    assert broken_promises(ledger, here).stored_twice == 1
