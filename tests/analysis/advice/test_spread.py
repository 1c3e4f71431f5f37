"""The warning SPREAD: arms of very different spread."""

from __future__ import annotations

import pytest

from support.confirmation import confirm
from support.faultless import NOISE, results, warned, whole


@pytest.mark.parametrize(("fold", "warns"), [(2.9, False), (3.2, True)])
def test_spread(fold, warns):
    changed = confirm("adam", [80.5 + fold * noise for noise in NOISE])
    found = warned(results(changed=changed), "SPREAD")
    assert bool(found) == warns
    if warns:
        assert found[0].arm == "adam"
        assert "(n = 10), 3.185 times that of sgd, 0.5197 (n = 10)" in found[0].evidence


def test_spread_is_silent_where_there_is_none_or_too_few():
    assert not warned(results(changed=confirm("adam", [80.0] * 10)), "SPREAD")
    two = [*whole("adam", seeds=0), *whole("sgd", seeds=2), *confirm("adam", [81.0, 90.0])]
    assert not warned(results(two), "SPREAD")
