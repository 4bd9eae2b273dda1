"""How a number is written for people, everywhere in messages and reports."""


def number(value: float | None, digits: int = 2) -> str:
    """A count with thousands apart, or a score to ``digits`` digits; an undefined one is a dash.

    >>> number(12345), number(0.5), number(-0.126), number(None)
    ('12,345', '0.50', '−0.13', '–')
    """
    if value is None:
        return "–"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun: ``1 document``, ``2 documents``."""
    return f"{number(count)} {one if count == 1 else many}"


def interval(low: float | None, high: float | None) -> str:
    """``0.61 to 0.74``; an undefined interval is said to be one."""
    return "no interval" if low is None or high is None else f"{number(low)} to {number(high)}"
