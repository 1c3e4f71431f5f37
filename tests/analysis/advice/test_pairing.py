"""The warning PAIRING: shared seeds that made no difference more certain."""

from __future__ import annotations

from support.confirmation import confirm
from support.faultless import NOISE, results, warned, whole


def test_pairing():
    changed = confirm("adam", [80.5 - noise for noise in NOISE])
    (advice,) = warned(results(changed=changed), "PAIRING")
    assert advice.arm == "adam"
    assert advice.evidence.startswith("r = −0.9996 with sgd over 10 seeds; sd of the differences 1.0")


def test_pairing_is_silent_where_it_helps_or_cannot_be_known():
    assert not warned(results(), "PAIRING")
    assert not warned(results(changed=confirm("adam", [80.0] * 10)), "PAIRING")
    two = [*whole("adam", seeds=0), *whole("sgd", seeds=2), *confirm("adam", [81.0, 80.0])]
    assert not warned(results(two), "PAIRING")
