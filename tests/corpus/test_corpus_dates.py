from datetime import UTC, datetime

import pytest

from corpus.sources.dates import order, parse


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2022-02-28", datetime(2022, 2, 28)),
        ("02/28/2022", datetime(2022, 2, 28)),
        ("28/02/2022", datetime(2022, 2, 28)),
        ("03.04.2022", datetime(2022, 4, 3)),
        ("03/04/2022", datetime(2022, 3, 4)),
        ("Feb 24, 2022", datetime(2022, 2, 24)),
        ("24 февраля 2022", datetime(2022, 2, 24)),
        ("24 февраля 2022 г., 10:30", datetime(2022, 2, 24, 10, 30)),
        ("Thu, 24 Feb 2022 05:30:00 +0300", datetime(2022, 2, 24, 2, 30)),
        ("24 Feb 2022 05:30 MSK", datetime(2022, 2, 24, 2, 30)),
        ("Feb 24, 2022 5:30 pm EST", datetime(2022, 2, 24, 22, 30)),
        ("1645667400", datetime(2022, 2, 24, 1, 50)),
        ("1645667400000", datetime(2022, 2, 24, 1, 50)),
    ],
)
def test_a_date_in_any_dress_is_utc(written, meant):
    assert parse(written) == meant.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "May",
        "March 2022",
        "2022",
        "17",
        "10:30",
        "",
        "yesterday",
        "5 Feb 2022 1:00 XYZ",
        "99/99/2022",
        "9" * 400,
    ],
)
def test_what_is_no_whole_date_is_none(written):
    assert parse(written) is None


def test_the_order_of_day_and_month_is_told_by_the_other_dates():
    assert order(["03/04/2022", "03/31/2022"]) == "mdy"
    assert order(["03/04/2022", "31/03/2022"]) == "dmy"
    assert order(["03/04/2022"]) is order(["31/03/2022", "03/31/2022"]) is order(["soon"]) is None
    assert parse("03/04/2022", "dmy") == datetime(2022, 4, 3, tzinfo=UTC)
