from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from sagin.core.errors import InputError
from sagin.world import Times
from sagin.world.clock import parse_utc, unix_seconds

EXAMPLE = "must be UTC, as 2026-11-01T12:00:00Z"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-01T12:00", f"start = '2026-11-01T12:00': {EXAMPLE}"),
        ("2026-11-01T12:00:00", f"start = '2026-11-01T12:00:00': {EXAMPLE}"),
        ("2026-11-01T12:00:00+01:00", f"start = '2026-11-01T12:00:00+01:00': {EXAMPLE}"),
        (1793534400, f"start = 1793534400: {EXAMPLE}"),
        (
            "2026-12-31T23:59:60Z",
            "start = '2026-12-31T23:59:60Z': must be without leap seconds (days count 86,400 s)",
        ),
    ],
)
def test_times_that_are_refused(value: object, text: str) -> None:
    with pytest.raises(InputError) as error:
        Times.every(value, 1.0, 1)  # type: ignore[arg-type]
    assert str(error.value) == text


def test_days_that_do_not_exist() -> None:
    with pytest.raises(InputError, match="must be a day and time that exist"):
        parse_utc("2026-02-29T00:00:00Z")


def test_instants_with_fractions_and_datetimes() -> None:
    assert parse_utc("2028-02-29T23:59:59.001Z") == datetime(2028, 2, 29, 23, 59, 59, 1000, tzinfo=UTC)
    assert parse_utc("2026-11-01 12:00:00+00:00") == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert parse_utc(datetime(2026, 11, 1, 12, tzinfo=UTC)) == datetime(2026, 11, 1, 12, tzinfo=UTC)
    for wrong in (None, timezone(timedelta(hours=1))):
        with pytest.raises(InputError, match="must be UTC"):
            parse_utc(datetime(2026, 11, 1, 12, tzinfo=wrong))


def test_julian_dates_keep_a_millisecond_across_midnight() -> None:
    times = Times.at("2026-10-31T23:59:59.999Z", [0.0, 0.001, 0.002])
    whole, fraction = times.jd()
    np.testing.assert_array_equal(whole, [2461344.5, 2461345.5, 2461345.5])
    np.testing.assert_allclose(fraction, [86399.999 / 86400, 0.0, 1e-3 / 86400], atol=1e-13)
    assert times.unix()[1] == pytest.approx(1793491200.0, abs=1e-6)
    assert unix_seconds(times.start) == pytest.approx(1793491199.999, abs=1e-6)


@pytest.mark.parametrize(
    ("slot_s", "n", "field"),
    [
        (0, 5, "slot_s"),
        (-1, 5, "slot_s"),
        ("10s", 5, "slot_s"),
        (True, 5, "slot_s"),
        (np.nan, 5, "slot_s"),
        (1, 0, "slots"),
        (1, 2.5, "slots"),
        (1, True, "slots"),
        (1, 10**9, "slots"),
    ],
)
def test_slots_that_are_refused(slot_s: object, n: object, field: str) -> None:
    with pytest.raises(InputError) as error:
        Times.every("2026-11-01T12:00:00Z", slot_s, n)  # type: ignore[arg-type]
    assert error.value.field == field


def test_seconds_must_increase() -> None:
    with pytest.raises(InputError) as error:
        Times.at("2026-11-01T12:00:00Z", [0.0, 2.0, 2.0])
    assert str(error.value) == "seconds[2] = 2.0: must be > 2 (strictly increasing)"
    for bad in ([], [[1.0]], ["a"], [np.inf]):
        with pytest.raises(InputError, match="seconds"):
            Times.at("2026-11-01T12:00:00Z", bad)


def test_one_slot_and_short_slots() -> None:
    assert len(Times.every("2026-11-01T12:00:00Z", 0.01, 1)) == 1
    np.testing.assert_array_equal(Times.every("2026-11-01T12:00:00Z", 0.01, 3).seconds, [0, 0.01, 0.02])
