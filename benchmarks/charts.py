"""Bar charts as SVG, which follow the reader's light or dark theme."""

from collections.abc import Sequence
from html import escape

LIGHT = {"text": "#1f2328", "soft": "#59636e", "ours": "#1a7f37", "bar": "#afb8c1"}
DARK = {"text": "#e6edf3", "soft": "#9198a1", "ours": "#3fb950", "bar": "#484f58"}
SHADES = [1.0, 0.78, 0.6, 0.45, 0.32, 0.22]
WIDTH, LABELS, VALUES, ROW = 720, 250, 90, 26


def bars(title: str, unit: str, values: Sequence[tuple[str, float, bool]]) -> str:
    """Draw a bar for each label and value; ours are green."""
    longest = max(value for _, value, _ in values)
    parts = []
    for row, (label, value, is_ours) in enumerate(values):
        top = 48 + row * ROW
        width = max(2.0, value / longest * (WIDTH - LABELS - VALUES))
        kind = "ours" if is_ours else "bar"
        parts += [
            text(LABELS - 10, top + 14, label, "end", kind if is_ours else "text"),
            f'<rect class="{kind}" x="{LABELS}" y="{top}" width="{width:.1f}" height="18" rx="3"/>',
            text(LABELS + width + 8, top + 14, f"{value:.3g} {unit}", "start", "soft"),
        ]
    return picture(title, 48 + len(values) * ROW + 6, parts)


def stacks(title: str, unit: str, values: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Draw for each label one bar of named pieces, which follow one another."""
    longest = max(sum(value for _, value in pieces) for _, pieces in values)
    scale = (WIDTH - 20) / longest
    parts, top = [], 48
    for label, pieces in values:
        total = sum(value for _, value in pieces)
        parts.append(text(10, top + 13, f"{label}: {total:.3g} {unit}", "start", "text"))
        left, top = 10.0, top + 22
        for shade, (name, value) in zip(SHADES, pieces, strict=False):
            width = value * scale
            parts.append(
                f'<rect class="ours" fill-opacity="{shade}" x="{left:.1f}" y="{top}" '
                f'width="{max(1, width - 2):.1f}" height="22" rx="3"/>'
            )
            parts.append(text(left, top + 38, f"{name} {value:.0f}", "start", "soft"))
            left += width
        top += 62
    return picture(title, top, parts)


def text(x: float, y: float, content: str, anchor: str, kind: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(content)}</text>'
    )


def picture(title: str, height: int, parts: Sequence[str]) -> str:
    def colours(theme: dict[str, str]) -> str:
        return " ".join(f".{name} {{ fill: {colour}; }}" for name, colour in theme.items())

    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    label = f'role="img" aria-label="{escape(title)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label}>',
            "<style>",
            "text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }",
            ".title { font-size: 15px; font-weight: 600; }",
            colours({**LIGHT, "title": LIGHT["text"]}),
            f"@media (prefers-color-scheme: dark) {{ {colours({**DARK, 'title': DARK['text']})} }}",
            "</style>",
            text(10, 24, title, "start", "title"),
            *parts,
            "</svg>",
            "",
        ]
    )
