"""Tables and targets, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from measure import Figure


@dataclass(frozen=True)
class Target:
    """What issue and documentation promise: a figure at most, or at least, so much."""

    what: str
    measured: Figure
    limit: float
    unit: str = "ms"
    at_least: bool = False

    @property
    def met(self) -> bool:
        value = self.measured.median
        return value >= self.limit if self.at_least else value <= self.limit

    def row(self) -> list[str]:
        rounds = len(self.measured.values)
        doubt = (
            "" if rounds > 2 else f" in {rounds} round{'s' if rounds > 1 else ''}, no evidence yet"
        )
        return [
            self.what,
            f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}",
            f"{show(self.measured)} {self.unit}",
            ("met" if self.met else "**not met**") + doubt,
        ]


@dataclass
class Section:
    """A part of the report."""

    title: str
    text: str
    head: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict)  # file names, and what they show

    def markdown(self) -> str:
        return f"## {self.title}\n\n{self.text}\n\n{table(self.head, self.rows)}\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with numbers on the right."""
    line = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return "\n".join([f"| {' | '.join(head)} |", line, *(f"| {' | '.join(r)} |" for r in rows)])


def show(figure: Figure) -> str:
    """Return the median and, if there was more than one round, the spread."""
    low, high = min(figure.values), max(figure.values)
    spread = f" [{number(low)}, {number(high)}]" if len(figure.values) > 1 else ""
    return number(figure.median) + spread


def number(value: float) -> str:
    """Return three digits, or all in front of the point."""
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def targets_table(targets: Sequence[Target]) -> str:
    return table(["what", "target", "measured", ""], [target.row() for target in targets])
