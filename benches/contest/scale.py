"""P3, P4, P8 and P10: one repository that grows, and what it costs at each size.

Its packages are small and alike, so that it is large in what counts here: stanzas. A stage adds
packages until there are so many, and then one more at a time. Three of four packages are of amd64,
the others of all, so that the index of amd64 has every package and that of arm64 a quarter.
"""

import time

from contest.measure import MIB, Failure, Runs, measure, output, progress
from contest.remote import Server
from contest.report import Check, Section, contest_table, limited, shown, table

SMALL = 2_000
TREE = "find store -printf '%p %s %T@ %i\\n' | sort | sha256sum"


class Repository:
    """The repository that grows, published to a directory."""

    def __init__(self, bench, name):
        self.bench, self.repoman, self.here = bench, bench.repoman("repoman"), bench.place(name)
        self.repoman.prepare(self.here)
        self.offered = 0

    def grow(self, count):
        """Publishes further packages, until `count` were offered in this way."""
        name = f"grown-{count}"
        debs = self.bench.debs(name, self.offered, count - self.offered, SMALL, 0)
        progress(f"  {count} packages")
        run = measure(self.repoman.first(self.here, debs), self.here)
        self.offered = count
        return run

    def one_more(self, name):
        """Publishes one package more, several times; returns the runs."""
        skip = max(self.bench.sizes.scale) + self.offered
        further = self.bench.debs(name, skip, self.bench.more_runs, SMALL, 0)
        runs = Runs()
        for deb in sorted(further.iterdir()):
            progress(f"  one more in {self.offered}: run {len(runs) + 1}")
            # No generation is of the same second as the one before it: repoman would wait for that.
            time.sleep(1)
            runs.append(measure(self.repoman.more(self.here, deb), self.here))
        return runs

    def copy_of_index(self):
        """Returns what reading the index of amd64 takes, and writing it in all its forms."""
        index = "store/dists/bench/main/binary-amd64/Packages"
        script = f"gzip -dc {index}.gz > text; cp {index}.gz {index}.xz .; sync text *.gz *.xz"
        return Runs(measure(script, self.here) for _ in range(self.bench.runs))

    def unchanged(self, command):
        """Runs a command that finds nothing to do, after one that fills the caches."""
        script = self.repoman.command(command)
        measure(script, self.here)
        before = output(TREE, self.here)
        runs = Runs(measure(script, self.here) for _ in range(self.bench.runs))
        if output(TREE, self.here) != before:
            raise Failure(f"{command}: something was written, though nothing had changed")
        return runs


def scale(bench, wanted):
    """P10, P3, P8 and the large half of P4: grows a repository, and measures on the way."""
    repository = Repository(bench, "scale")
    sizes = bench.sizes.scale
    last = sizes[-1] if wanted & {"P3", "P4", "P10"} else bench.sizes.drift
    curve, sections = {}, []
    for size in sizes:
        if size > last:
            break
        repository.grow(size)
        if wanted & {"P3", "P10"} and size != bench.sizes.drift:
            curve[size] = repository.one_more(f"further-{size}")
        if "P8" in wanted and size == bench.sizes.drift:
            sections.append(drift(bench, repository))
    if curve:
        sections.append(curve_section(curve, repository.copy_of_index(), bench))
    if "P4" in wanted:
        sections.append(nothing_changed(bench, repository))
    return sections


def curve_section(curve, copy, bench):
    """P3 and P10, which are the same measurements."""
    sizes = sorted(curve)
    base, top = curve[bench.sizes.base], curve[sizes[-1]]
    names = {size: f"{size:,}" for size in sizes}
    what = f"one more package in {sizes[-1]:,}"
    limit = 1.5 * base.wall + copy.wall
    against = f"1.5 × in {bench.sizes.base:,}, and reading and writing the index {copy.wall:.2g} s"
    growth = top.cpu / base.cpu
    checks = [
        limited("P3", what, top, "wall", limit, against),
        limited("P3", what, top, "cpu", 1.5),
        limited("P3", what, top, "memory", 400),
        Check("P10", f"CPU from {bench.sizes.base:,} to {sizes[-1]:,}", shown(top.cpu, "s"),
              shown(base.cpu, "s"), growth, "×", at_most=4),
    ]
    figures = {names[size]: curve[size] for size in sizes}
    text = [f"One more in so many published packages, medians of {bench.more_runs}; two "
            "architectures, xz and gz:", contest_table(figures, {}, [names[bench.sizes.base]])]
    figures = {f"repoman {name}": runs for name, runs in figures.items()}
    points = {size: (runs.wall, runs.cpu) for size, runs in curve.items()}
    return Section("P3 and P10: one more package, by size", text, checks, figures, points)


def nothing_changed(bench, large):
    """P4: plan and apply find nothing to do; and nothing is written."""
    small = Repository(bench, "P4")
    measure(small.repoman.first(small.here, bench.packages()), small.here)
    checks, figures = [], {}
    names = (f"{bench.sizes.packages:,} local files", f"{large.offered:,} published")
    for name, repository, limit in zip(names, (small, large), (0.2, 1), strict=True):
        for command in ("plan", "apply --yes"):
            progress(f"  {command}: {name}")
            runs = repository.unchanged(f"{command} --allow-outside")
            figures[f"repoman {command.split()[0]}, {name}"] = runs
            what = f"nothing changed, {command.split()[0]}, {name}"
            checks.append(limited("P4", what, runs, "wall", limit))
            checks.append(limited("P4", what, runs, "memory", 300))
    text = [f"Medians of {bench.runs}, after one that doesn't count; nothing was written:",
            contest_table(figures, {}, [])]
    return Section("P4: nothing changed", text, checks, figures)


def drift(bench, repository):
    """P8: drift looks at a bucket that holds the same objects."""
    store = repository.here / "store"
    with Server(bench, repository.here / "requests", load=store) as server:
        manifest = repository.repoman.manifest(server.store())
        (repository.here / "s3.toml").write_text(manifest)
        script = repository.repoman.command("drift -f s3.toml --allow-outside")
        runs = Runs()
        for _ in range(bench.runs):
            progress(f"  drift: {repository.offered}")
            server.requests()
            runs.append(measure(script, repository.here))
            requests = server.requests()
    lists = sum(request.is_list for request in requests)
    objects = int(output("find store -type f | wc -l", repository.here))
    what = f"drift of {objects:,} objects"
    # A listing of one key, to see whether there is one, is no page of the great one.
    pages = -(-objects // 1000)
    checks = [
        Check("P8", f"{what}: listings", str(lists), "", lists, "", at_most=pages + 1),
        limited("P8", what, runs, "cpu", 5),
        limited("P8", what, runs, "memory", 300),
    ]
    rows = [[f"{objects:,}", lists, len(requests), f"{runs.wall:.2f}", f"{runs.cpu:.2f}",
             f"{runs.memory / MIB:.0f}"]]
    heads = ["objects", "LISTs", "requests", "wall s", "CPU s", "memory MiB"]
    text = [f"On the S3 server without latency, medians of {bench.runs}:", table(heads, rows, 0)]
    return Section("P8: drift", text, checks, {"repoman drift": runs})
