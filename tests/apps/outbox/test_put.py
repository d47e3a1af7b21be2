"""What goes into the outbox, and when."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.outbox import services
from apps.outbox.models import Message


@pytest.mark.django_db(transaction=True)
def test_a_message_lives_and_dies_with_the_transaction_that_put_it() -> None:
    with transaction.atomic():
        services.put("test", {"n": 1})
        transaction.set_rollback(True)

    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_putting_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.put("test", {})


@pytest.mark.django_db
def test_ids_are_time_ordered() -> None:
    with transaction.atomic():
        for number in range(5):
            services.put("test", {"n": number})

    assert [m.payload for m in Message.objects.order_by("id")] == [{"n": n} for n in range(5)]
