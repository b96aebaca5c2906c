#!/usr/bin/env python3
"""Draws docs/images/*.svg of the figures that benches wrote to docs/figures/*.tsv with `--data FILE`.

    bench/plot.py           all of them
"""
import csv
import math
import pathlib
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES, IMAGES = ROOT / "docs/figures", ROOT / "docs/images"
COLOURS = ["#0b6e4f", "#52b788", "#c1121f", "#e09f3e", "#7b2d8b", "#1d4e89", "#00a6a6"]
INK, PALE = "#222222", "#dddddd"


def rows_of(name):
    with open(FIGURES / f"{name}.tsv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Drawing:
    """Shapes and words on white, for both dark and light pages."""

    def __init__(self, width, height, title):
        self.size = (width, height)
        self.parts = []
        self.text(width / 2, 24, title, size=15, anchor="middle", weight="600")

    def text(self, x, y, words, size=12, anchor="start", colour=INK, weight="400"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
                          f'fill="{colour}" font-weight="{weight}">{escape(words)}</text>')

    def line(self, points, colour, width=1.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def box(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def save(self, name):
        width, height = self.size
        IMAGES.mkdir(exist_ok=True)
        (IMAGES / f"{name}.svg").write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="DejaVu Sans, Verdana, sans-serif">\n<rect width="{width}" height="{height}" fill="white"/>\n'
            + "\n".join(self.parts) + "\n</svg>\n", encoding="utf-8")


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def curves(name, title, across, upward, series):
    """Lines over logarithmic axes; `series` is [(label, [(x, y)])]. Labels stand at the right ends, kept apart."""
    drawing = Drawing(860, 440, title)
    left, right, top, bottom = 70, 590, 50, 380
    points = [point for _, line in series for point in line]
    low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
    low_y = 10 ** math.floor(math.log10(min(y for _, y in points)))
    high_y = 10 ** math.ceil(math.log10(max(y for _, y in points)))

    def place(x, y):
        across_share = math.log(x / low_x) / math.log(high_x / low_x)
        up_share = math.log(y / low_y) / math.log(high_y / low_y)
        return left + across_share * (right - left), bottom - up_share * (bottom - top)

    tick = low_y
    while tick <= high_y * 1.01:
        y = place(low_x, tick)[1]
        drawing.line([(left, y), (right, y)], PALE)
        drawing.text(left - 8, y + 4, number(tick), anchor="end")
        tick *= 10
    for x in sorted({x for x, _ in points}):
        drawing.text(place(x, low_y)[0], bottom + 20, number(x), anchor="middle")
    drawing.line([(left, top), (left, bottom), (right, bottom)], INK)
    drawing.text((left + right) / 2, bottom + 44, across, anchor="middle")
    drawing.text(left - 50, top - 12, upward)
    ends = sorted((place(*line[-1])[1], i) for i, (_, line) in enumerate(series))
    at = -math.inf
    for y, i in ends:
        label, line = series[i]
        colour = COLOURS[i % len(COLOURS)]
        placed = [place(*point) for point in line]
        drawing.line(placed, colour, 2)
        for point in placed:
            drawing.dot(*point, colour)
        at = max(y, at + 16)
        if placed[-1][0] < right:  # it ends early: a pale line leads to its name
            drawing.line([placed[-1], (right + 18, at)], PALE)
        else:
            drawing.line([placed[-1], (right + 18, at)], colour, 0.7)
        drawing.text(right + 22, at + 4, label, colour=colour)
    drawing.save(name)


def bars(name, title, upward, groups, labels, colours=COLOURS, stacked=False):
    """Lying bars; `groups` is [(label, [value by series])]."""
    thick = 20 if stacked else 14
    step = thick + 14 if stacked else thick * len(labels) + 14
    drawing = Drawing(860, 96 + step * len(groups), title)
    left, right, top = 250, 780, 72
    most = max(sum(values) if stacked else max(values) for _, values in groups)
    at = left
    for i, label in enumerate(labels):
        drawing.box(at, 40, 12, 12, colours[i])
        drawing.text(at + 16, 51, label)
        at += 40 + 7.2 * len(label)
    for g, (label, values) in enumerate(groups):
        y = top + g * step
        drawing.text(left - 10, y + (step - 14) / 2 + 4, label, anchor="end")
        x = left
        for i, value in enumerate(values):
            width = value / most * (right - left)
            if stacked:
                drawing.box(x, y, width, thick, colours[i])
                x += width
            else:
                drawing.box(left, y + i * thick, width, thick - 2, colours[i])
                drawing.text(left + width + 5, y + i * thick + 10, f"{value:.2f}", size=10)
        if stacked:
            drawing.text(x + 6, y + 14, f"{sum(values):.2f}", size=11)
    drawing.text(right, drawing.size[1] - 8, upward, anchor="end", size=11)
    drawing.save(name)


def peers():
    rows = [row for row in rows_of("peers") if row["family"] == "IPv4" and row["addresses"] == "100000" and row["traffic"] == "256 active"]
    series = []
    for gate in dict.fromkeys(row["gate"] for row in rows):
        line = [(int(row["rules"]), float(row["net"])) for row in rows if row["gate"] == gate and row["net"] != "-"]
        line = sorted((x, y) for x, y in line if y > 0)
        if line and gate not in ("nothing", "an empty program"):
            series.append((gate, line))
    curves("peers", "What a gate adds to a packet, 100,000 addresses, 256 destinations", "rules",
           "ns of processor time", series)


def throughput():
    rows = rows_of("throughput")
    gates = list(dict.fromkeys(row["gate"] for row in rows))
    groups = {}
    for row in rows:
        if row["unit"].endswith("p99") or row["unit"] == "Gbit/s":
            continue
        groups.setdefault(f"{row['what']}", {})[row["gate"]] = float(row["ratio"])
    bars("throughput", "Two workloads of one node: cost, as a multiple of no gate at all",
         "streams: processor time of what is sent; requests: time of the median one",
         [(what, [of[gate] for gate in gates]) for what, of in groups.items()], gates, ["#6c757d", "#0b6e4f", "#1d4e89"])


def build():
    rows = rows_of("build")
    steps = ["reading", "proving", "planning", "code", "writing"]
    bars("build", "weft build, seconds of processor time", "worlds of docs/performance.md",
         [(f"{row['world']}: {int(row['rules']):,} rules", [float(row[step]) for step in steps]) for row in rows], steps,
         ["#0b6e4f", "#c1121f", "#1d4e89", "#e09f3e", "#7b2d8b"], stacked=True)


if __name__ == "__main__":
    for draw in (peers, throughput, build):
        if (FIGURES / f"{draw.__name__}.tsv").exists():
            draw()
