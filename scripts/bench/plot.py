"""Draws what the bench says of cost against dates and against pixels, with a straight line through each.

usage: plot.py TABLE SVG
Rows of the table that count are called `cost of N dates` and `cost of N Mpx`; their third column is CPU seconds."""
import re
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, GAP = 330, 250, 55, 45, 30, 60
series = {"dates": [], "Mpx": []}
for line in open(sys.argv[1]):
    cells = line.rstrip("\n").split("\t")
    found = re.fullmatch(r"cost of ([\d.]+) (dates|Mpx)", cells[0])
    if found and cells[4] == "0":
        series[found[2]].append((float(found[1]), float(cells[2])))


def line_through(points):
    """Slope and intercept of least squares, and the greatest deviation in percent of the largest cost."""
    n, sx, sy = len(points), sum(x for x, _ in points), sum(y for _, y in points)
    slope = (n * sum(x * y for x, y in points) - sx * sy) / (n * sum(x * x for x, _ in points) - sx * sx)
    start = (sy - slope * sx) / n
    off = max(abs(y - start - slope * x) for x, y in points)
    return slope, start, 100 * off / max(y for _, y in points)


def panel(points, label, left):
    across, up = 1.1 * max(x for x, _ in points), 1.15 * max(y for _, y in points)

    def place(x, y):
        return left + LEFT + x / across * (WIDTH - LEFT), TOP + (HEIGHT - TOP - BOTTOM) * (1 - y / up)

    slope, start, off = line_through(points)
    (x0, y0), (x1, _), (_, top) = place(0, 0), place(across, 0), place(0, up)
    parts = [f'<path d="M{x0:.1f} {top:.1f}V{y0:.1f}H{x1:.1f}" fill="none" stroke="#555"/>']
    ax, ay = place(0, start)
    bx, by = place(across, start + slope * across)
    parts.append(f'<path d="M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}" stroke="#2a7ab9" stroke-width="2"/>')
    for x, y in points:
        px, py = place(x, y)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="#c0392b"/>')
        parts.append(f'<text x="{px:.1f}" y="{y0 + 16:.1f}" text-anchor="middle">{x:g}</text>')
        parts.append(f'<text x="{px:.1f}" y="{py - 9:.1f}" text-anchor="middle">{y:.1f}</text>')
    middle = (x0 + x1) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{label}</text>')
    title = f"{slope:.2f} CPU s each, off the line by {off:.0f} % at most"
    parts.append(f'<text x="{middle:.1f}" y="16" text-anchor="middle">{title}</text>')
    parts.append(f'<text transform="translate({left + 18} {(top + y0) / 2:.1f}) rotate(-90)" text-anchor="middle">CPU s</text>')
    return "\n".join(parts)


if any(len(points) < 2 for points in series.values()):
    sys.exit("the table has too few rows for a plot")
panels = [panel(series["dates"], "dates", 0), panel(series["Mpx"], "million pixels of the output", WIDTH + GAP)]
size = f'width="{2 * WIDTH + GAP + 20}" height="{HEIGHT}"'
style = "<style>text{font:12px sans-serif;fill:#222}</style><rect width='100%' height='100%' fill='#fff'/>"
with open(sys.argv[2], "w") as file:
    file.write(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{style}\n' + "\n".join(panels) + "\n</svg>\n")
