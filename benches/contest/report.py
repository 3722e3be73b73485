"""What came of it, as Markdown: for each goal our figure against the others', and the tables."""

import re
from dataclasses import dataclass, field

from contest.measure import MIB, Runs


PICTURE = "scale.svg"


@dataclass
class Check:
    """One figure that is held against a goal; without a limit it is only told.

    `figure` and `limit` are in `unit`. Of ratios there is the one of processor times, too.
    """

    goal: str
    what: str
    ours: str
    theirs: str
    figure: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    cpu: float | None = None

    @property
    def wanted(self):
        if self.at_least is not None:
            return f"≥ {shown(self.at_least, self.unit)}"
        return f"≤ {shown(self.at_most, self.unit)}" if self.at_most is not None else "–"

    @property
    def verdict(self):
        if self.at_least is not None and self.figure < self.at_least:
            return f"missed: {self.figure / self.at_least * 100:.0f} % of the goal"
        if self.at_most is not None and self.figure > self.at_most:
            return f"missed: {self.figure / self.at_most:.1f} × the limit"
        return "met" if self.wanted != "–" else "–"

    def row(self):
        cpu = "" if self.cpu is None else shown(self.cpu, "×")
        texts = [self.goal, self.what, self.ours, self.theirs]
        return [*texts, shown(self.figure, self.unit), cpu, self.wanted, self.verdict]


@dataclass
class Section:
    """What a part of the benchmarks found out: a heading, Markdown, checks, the runs by name.

    `curve` is what the picture shows, if the part has one: wall and CPU seconds by size.
    """

    title: str
    text: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    curve: dict = field(default_factory=dict)


def shown(figure, unit):
    """Returns a figure with its unit, with as many digits as are worth it."""
    number = f"{figure:,.0f}" if figure >= 100 or unit == "" else f"{figure:.3g}"
    return f"{number} {unit}".strip()


def took(runs):
    return f"{runs.wall:.3g} s (CPU {runs.cpu:.3g} s)" if runs.wall < 100 else f"{runs.wall:.0f} s"


def limited(goal, what, runs, figure, limit, against=""):
    """Returns a check of one figure of ours: `wall` or `cpu` in seconds, or `memory` in MiB."""
    value = getattr(runs, figure) / (MIB if figure == "memory" else 1)
    unit = "MiB" if figure == "memory" else "s"
    text = {"wall": "", "cpu": " of CPU", "memory": " of memory"}[figure]
    ours = shown(value, unit) + text
    return Check(goal, what, ours, against, value, unit, at_most=limit)


def faster(goal, what, results, ours, others, at_least=None):
    """Returns a check of how many times as long the fastest of others took, if any of both ran."""
    ran = [name for name in others if isinstance(results.get(name), Runs)]
    if not ran or not isinstance(results.get(ours), Runs):
        return []
    best = min(ran, key=lambda name: results[name].wall)
    own, other = results[ours], results[best]
    ratio, cpu = other.wall / own.wall, other.cpu / max(own.cpu, 0.001)
    texts = took(own), f"{best}: {took(other)}"
    return [Check(goal, what, *texts, ratio, "×", at_least=at_least, cpu=cpu)]


def within(goal, what, results, ours, floor, at_most):
    """Returns a check of how many times as long as a floor we took, if both ran."""
    if not all(isinstance(results.get(name), Runs) for name in (ours, floor)):
        return []
    own, other = results[ours], results[floor]
    ratio, cpu = own.wall / other.wall, own.cpu / max(other.cpu, 0.001)
    texts = took(own), f"{floor}: {took(other)}"
    return [Check(goal, what, *texts, ratio, "×", at_most=at_most, cpu=cpu)]


def table(heads, rows, left=1):
    """Returns a Markdown table whose first columns are text, and the others figures."""
    rule = ["---" if column < left else "--:" for column in range(len(heads))]
    lines = [heads, rule, *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def contest_table(results, does, against):
    """Returns one contestant a line: medians, and how many times the wall time of `against`."""
    bases = [name for name in against if isinstance(results.get(name), Runs)]
    heads = ["", "wall s", "range", "CPU s", "memory MiB", *(f"× {n}" for n in bases)]
    heads += ["does"] if does else []
    rows = []
    for name, runs in results.items():
        if not isinstance(runs, Runs):
            rows.append([name, "failed"] + [""] * (len(heads) - 2))
            continue
        low, high = runs.range
        cells = [f"{runs.wall:.2f}", f"{low:.2f}–{high:.2f}", f"{runs.cpu:.2f}"]
        ratios = [f"{runs.wall / results[base].wall:.1f}" for base in bases]
        notes = [does.get(name, "")] if does else []
        rows.append([name, *cells, f"{runs.memory / MIB:.0f}", *ratios, *notes])
    return table(heads, rows)


def not_run(names):
    return [f"Not run, as not installed: {', '.join(names)}."] if names else []


def goals(sections):
    """Returns the table of all checks."""
    heads = ["", "", "repoman", "the other", "ratio or figure", "of CPU", "goal", ""]
    rows = [check.row() for section in sections for check in section.checks]
    return table(heads, rows, left=4)


def document(facts, sections):
    """Returns everything as Markdown, as it stands in docs/benchmarks.md."""
    versions = "; ".join(facts["versions"])
    parts = [f"Measured on {facts['started']}: {facts['machine']}.\n{versions}.", goals(sections)]
    for section in sections:
        parts += [f"### {section.title}", *section.text]
        if section.curve:
            parts.append(f"![What one more package takes, by size]({PICTURE})")
    return "\n\n".join(parts)


def paste(page, text):
    """Puts text between the marks of a page, instead of what is there."""
    old = page.read_text(encoding="utf-8")
    start, end = "<!-- benches/run -->", "<!-- end of benches/run -->"
    pattern = re.escape(start) + ".*?" + re.escape(end)
    new, count = re.subn(pattern, lambda _: f"{start}\n\n{text}\n\n{end}", old, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{page} does not have the marks {start} and {end} once")
    page.write_text(new, encoding="utf-8")
