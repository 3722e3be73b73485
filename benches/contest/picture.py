"""Draws the scale curve as SVG, in colours for light and dark pages."""

from math import log10

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 130, 40, 50
GREY = "#808080"
SERIES = (("wall", 0, "#3b82c4"), ("CPU", 1, "#d9730d"))


def svg(curve):
    """Returns the picture of `{packages: (wall, cpu)}`, in seconds; both axes are logarithmic."""
    sizes = sorted(curve)
    x_axis = (log10(sizes[0]), log10(sizes[-1]))
    low, high = limits(value for pair in curve.values() for value in pair)

    def place(size, seconds):
        across = (log10(size) - x_axis[0]) / (x_axis[1] - x_axis[0])
        up = (log10(seconds) - low) / (high - low)
        width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + across * width, HEIGHT - BOTTOM - up * height

    parts = [text(LEFT, 22, "One more package: seconds, by how many are published", "start", 14)]
    for exponent in range(low, high + 1):
        _, y = place(sizes[0], 10.0**exponent)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y))
        parts.append(text(LEFT - 8, y + 4, f"{10.0**exponent:g}", "end"))
    for size in sizes:
        x, _ = place(size, 1)
        parts.append(line(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(text(x, HEIGHT - BOTTOM + 18, f"{size:,}"))
    for name, column, colour in SERIES:
        points = [place(size, curve[size][column]) for size in sizes]
        parts += drawn(name, points, f"{curve[sizes[-1]][column]:.2g} s", colour)
    return "\n".join([HEAD, *parts, "</svg>", ""])


HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
    f'height="{HEIGHT}" role="img" font-family="sans-serif" font-size="12">'
)


def limits(values):
    """Returns the powers of ten that enclose all values."""
    logarithms = [log10(value) for value in values]
    low, high = int(min(logarithms) // 1), -int(-max(logarithms) // 1)
    return low, max(high, low + 1)


def text(x, y, words, anchor="middle", size=12):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{GREY}">{words}</text>')


def line(x1, y1, x2, y2):
    return (f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" stroke="{GREY}" '
            'stroke-opacity="0.3"/>')


def drawn(name, points, last, colour):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    x, y = points[-1]
    yield f'<text x="{x + 10:.0f}" y="{y + 4:.0f}" fill="{colour}">{name} {last}</text>'
