from __future__ import annotations

import pytest


@pytest.mark.parametrize("line", (each for each in ("a", "b")))
def test_lines(line: str) -> None:
    assert line.splitlines() == [line]
