"""Bar charts as SVG, which follow the reader's light or dark theme."""

from collections.abc import Sequence
from html import escape

LIGHT = {"text": "#1f2328", "soft": "#59636e", "ours": "#1a7f37", "bar": "#afb8c1"}
DARK = {"text": "#e6edf3", "soft": "#9198a1", "ours": "#3fb950", "bar": "#484f58"}
SHADES = [1.0, 0.75, 0.55, 0.4, 0.25]
WIDTH, LABELS, VALUES, ROW = 720, 265, 90, 26
FAR = 12  # times the shortest bar


def bars(title: str, unit: str, values: Sequence[tuple[str, float, bool]]) -> str:
    """Draw a bar for each label and value; ours are green, and bars that are far longer are cut."""
    lengths = [value for _, value, _ in values]
    longest = min(max(lengths), FAR * max(min(lengths), max(lengths) / 1000))
    parts = []
    for row, (label, value, is_ours) in enumerate(values):
        top = 48 + row * ROW
        width = max(2.0, min(value, longest) / longest * (WIDTH - LABELS - VALUES))
        kind = "ours" if is_ours else "bar"
        parts += [
            text(LABELS - 10, top + 14, label, "end", kind if is_ours else "text"),
            box(f'class="{kind}"', LABELS, top, width, 18),
            text(LABELS + width + 8, top + 14, f"{value:.3g} {unit}", "start", "soft"),
        ]
        if value > longest:
            parts.append(text(LABELS + width - 22, top + 15, "//", "middle", "text"))
    return picture(title, 48 + len(values) * ROW + 6, parts)


def stacks(title: str, unit: str, values: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Draw for each label one bar of named pieces, which follow one another."""
    longest = max(sum(value for _, value in pieces) for _, pieces in values)
    parts = []
    for row, (label, pieces) in enumerate(values):
        top, left = 48 + row * 84, 10.0
        total = sum(value for _, value in pieces)
        parts.append(text(10, top + 12, f"{label}: {total:,.0f} {unit}", "start", "text"))
        for number, (name, value) in enumerate(pieces):
            shade = f'class="ours" fill-opacity="{SHADES[number]}"'
            width = value / longest * (WIDTH - 20)
            key = 10 + number * (WIDTH - 20) / len(SHADES)
            parts += [
                box(shade, left, top + 20, max(1, width - 2), 22),
                box(shade, key, top + 51, 10, 10),
                text(key + 15, top + 60, f"{name} {value:,.0f}", "start", "soft"),
            ]
            left += width
    return picture(title, 48 + len(values) * 84 - 10, parts)


def box(style: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect {style} x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="3"/>'


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
