"""Until when a worker may send what it holds."""

from datetime import timedelta

import pytest
from flask import Flask

from core.mail import heartbeat, queue


def test_a_lease_that_ended_stays_ended_for_its_group(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(queue, "LEASE", timedelta(0))
        lease = heartbeat.Lease("test")
    assert not lease.holds()
    lease.renew()
    assert not lease.holds()
    lease.begin()
    assert lease.holds()
    lease.renew()
    assert lease.holds()
