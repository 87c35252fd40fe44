"""How figures look: colours, marks, letters, and sizes for one and two columns of a paper."""

from __future__ import annotations

from typing import Any

#: Colours of Okabe and Ito, those with a contrast of at least 3 to 1 on white and on a dark page alike; the purple is
#: a little darker than theirs. Black stands for the ink: on a page it takes the colour of the text.
PALETTE = {
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#c46b9c",
}
INK = "#000000"
FAINT = 0.35  # opacity of what is in the background
CYCLE = (*PALETTE.values(), INK)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

#: Marks of stability, by the sign of the largest real part (for iterations of log |multiplier|); readable in grey.
STABILITY_MARKS: dict[int, tuple[str, dict[str, Any]]] = {
    -1: ("stable", {"marker": "o", "color": PALETTE["blue"], "fillstyle": "full"}),
    0: ("neutral", {"marker": "D", "color": PALETTE["green"], "fillstyle": "left"}),
    1: ("unstable", {"marker": "o", "color": PALETTE["vermilion"], "fillstyle": "none"}),
}

#: Width in inches: 8 cm and 16.8 cm.
COLUMN, PAGE = 3.15, 6.61

SETTINGS: Any = {
    # both families come with matplotlib, so that a figure is the same on every machine
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.4,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": True,
    "axes.formatter.limits": (-3, 4),
    "svg.fonttype": "path",  # letters as outlines: no font is asked for
    "svg.hashsalt": "symdyn",  # else names of clip paths are drawn at random
    "svg.image_inline": True,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "pdf.use14corefonts": False,
    "text.usetex": False,
    "path.simplify": True,
}


def series_style(number: int) -> dict[str, Any]:
    """Colour and dashes of the series with this number, counted from 0: twenty-five differ in one or the other."""
    colour = CYCLE[number % len(CYCLE)]
    return {"color": colour, "linestyle": DASHES[(number + number // len(CYCLE)) % len(DASHES)]}


def marker_style(number: int) -> dict[str, Any]:
    """Colour and marker of the points with this number, counted from 0."""
    return {
        "color": CYCLE[number % len(CYCLE)],
        "marker": MARKERS[(number + number // len(CYCLE)) % len(MARKERS)],
    }
