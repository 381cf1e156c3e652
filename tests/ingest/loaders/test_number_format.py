from __future__ import annotations

import pytest

from ingest.loaders.office.number_format import shown_number

ACCOUNTING = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1234.5, "General", "1234.5"),
        (0.1 + 0.2, "General", "0.3"),
        (12345678901234, "General", "12345678901234"),
        (1e20, "General", "1E+20"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1234567, "#,##0", "1,234,567"),
        (1.005, "0.00", "1.01"),  # away from zero, and as the digits stand, not as they are stored
        (2.5, "0", "3"),
        (-0.001, "0.0", "0.0"),
        (5, "0.##", "5"),
        (5.5, "0.##", "5.5"),
        (0.256, "0.0%", "25.6%"),
        (7, "00000", "00007"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (1234567, '0.0,,"M"', "1.2M"),
        (1234, '#,##0" kg"', "1,234 kg"),
        (-1234, "#,##0;(#,##0)", "(1,234)"),
        (-5, "0.0;[Red]-0.0", "-5.0"),
        (0, '0;-0;"none"', "none"),
        (1234.5, "[$€-407]#,##0.00", "€1,234.50"),
        (1234.5, "[$USD] #,##0", "USD 1,235"),
        (-1234.5, ACCOUNTING, "$ (1,234.50)"),
        (0, ACCOUNTING, "$ -"),
        (12345, "0.00E+00", "1.23E+04"),
        (0.5, "# ?/?", "0.5"),
        (45000, "d/m/yyyy", "2023-03-15"),
        (45000, "[$-F800]dddd, mmmm dd, yyyy", "2023-03-15"),
        (45000.5, "yyyy-mm-dd hh:mm", "2023-03-15 12:00"),
        (45000, "mmm-yy", "2023-03"),
        (45000, "yyyy", "2023"),
        (0.75, "h:mm AM/PM", "18:00"),
        (1.5, "[h]:mm", "36:00:00"),
        (1e9, "yyyy", "1000000000"),  # no day that a calendar has
        (3, "@", "3"),
        (3, "0" * 300, "3"),
    ],
)
def test_a_number_is_shown_as_its_format_says(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code).strip().replace("  ", " ") == shown


def test_days_may_count_from_1904() -> None:
    assert shown_number(43538, "yyyy-mm-dd", from_1904=True) == "2023-03-15"
