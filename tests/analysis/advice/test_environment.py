"""The warning ENVIRONMENT: compared runs that were computed with other software or on other processors."""

from __future__ import annotations

from support.faultless import results, warned, whole

HERE = {"python": "3.13", "packages": {"torch": "2.13", "numpy": "2.4"}, "processor": "A", "cores": 2, "commit": "abc"}


def test_environment():
    there = HERE | {"packages": {"torch": "2.12", "numpy": "2.4"}, "processor": "B"}
    (found,) = warned(
        results([*whole("adam"), *whole("sgd", environment="beef")], environments={"cafe0123": HERE, "beef": there}),
        "ENVIRONMENT",
    )
    assert found.evidence == (
        "processor: A (cafe0123: 10 runs of adam), B (beef: 10 runs of sgd); "
        "torch: 2.13 (cafe0123: 10 runs of adam), 2.12 (beef: 10 runs of sgd)"
    )


def test_environment_is_silent_about_cores_and_what_it_does_not_know():
    records = [*whole("adam"), *whole("sgd", environment="beef")]
    assert not warned(results(records, environments={"cafe0123": HERE, "beef": HERE | {"cores": 64}}), "ENVIRONMENT")
    assert not warned(results(records, environments={"cafe0123": HERE}), "ENVIRONMENT")
    assert not warned(results(records), "ENVIRONMENT")
