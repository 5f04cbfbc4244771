"""The table of `wkflow doctor`."""

from wkflow.inspection.check import Check, checks_table


def test_advice_stands_below_what_it_is_about() -> None:
    """Columns begin below each other."""
    checks = [Check("python", "ok", "3.13"), Check("nd2", "absent", "ND2: none", "pip install nd2")]
    assert str(checks_table(checks)).splitlines() == [
        "ok      python  3.13",
        "absent  nd2     ND2: none",
        "                -> pip install nd2",
    ]
    assert str(checks_table([])) == ""
