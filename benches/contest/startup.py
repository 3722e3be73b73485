"""P9: a long manifest, and how long it takes until a command has begun."""

from textwrap import dedent

from contest.measure import MIB, Runs, measure
from contest.report import Check, Section, shown, table

LINES = 2_000
SOURCES = 300
COMMANDS = ("version", "check", "apply --help", "explain RM1004", "schema manifest",
            "completions bash", "man")


def start_up(bench):
    """Runs commands that do next to nothing, and `check` on a manifest of 2,000 lines."""
    here, count = bench.place("P9"), 7 * bench.runs
    repoman = bench.repoman("repoman")
    repoman.prepare(here)
    (here / "long.toml").write_text(long_manifest(repoman.manifest('url = "file:///srv/apt"')))
    command = [str(repoman.program)]
    long = f"check, {LINES:,} lines"
    figures = {long: Runs(measure([*command, "check", "--file", "long.toml"], here)
                          for _ in range(count))}
    for arguments in COMMANDS:
        start = [*command, *arguments.split()]
        figures[arguments] = Runs(measure(start, here) for _ in range(count))
    slowest = max(COMMANDS, key=lambda one: figures[one].wall)
    checks = [
        check(f"{long} and {SOURCES} sources, start included", figures[long], 50),
        check(f"slowest start: {slowest}", figures[slowest], 20),
    ]
    rows = [[f"`{name}`", f"{runs.wall * 1000:.1f}", f"{runs.cpu * 1000:.1f}",
             f"{runs.memory / MIB:.0f}"] for name, runs in figures.items()]
    text = [f"Medians of {count}:", table(["", "wall ms", "CPU ms", "memory MiB"], rows)]
    figures = {f"repoman {name}": runs for name, runs in figures.items()}
    return Section("P9: manifest and start-up", text, checks, figures)


def check(what, runs, limit):
    wall = runs.wall * 1000
    return Check("P9", what, shown(wall, "ms"), "", wall, "ms", at_most=limit)


def long_manifest(manifest):
    """Returns a manifest with as many sources and lines as the goal demands."""
    parts = [manifest]
    for number in range(SOURCES - 1):
        parts.append(dedent(f"""\

            [source.team-{number}]
            path          = "out/team-{number}/**/*_{{arch}}.deb"
            to            = "bench/main"
            architectures = ["amd64"]
            """))
    lines = "".join(parts).count("\n")
    yanks = (f'"1.{number}-1" = "withdrawn, #{number}"\n' for number in range(LINES - lines - 2))
    return "".join([*parts, "\n[yank.widget]\n", *yanks])
