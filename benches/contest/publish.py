"""P1, the first publication, and P2, one more package: repoman, its peers and the floor."""

from contest.contestants import Aptly, Floor, FtpArchive, Reprepro, present
from contest.measure import Failure, in_turns, measure, output, progress
from contest.report import Section, contest_table, faster, not_run, within

OURS = ["repoman gz", "repoman"]
PEERS = ["aptly", "reprepro"]


def first_publication(bench):
    """P1: all packages into a new directory, as each contestant does it.

    What they wrote stays until the end: for minutes after files were deleted, ext4 looks for free
    inodes beside theirs, which makes the next contestant pay for the one before.
    """
    count, here = bench.sizes.packages, bench.place("P1")
    debs = bench.packages()
    contestants, missing = present([*line_up(bench, ["amd64"]), FtpArchive("apt-ftparchive")])
    index = keep_index(contestants[1], debs, here)
    contestants += [Floor("floor gz"), Floor("floor", index)]

    def publish(contestant, turn):
        place = here / f"{turn}-{contestant.name.replace(' ', '-')}"
        place.mkdir()
        contestant.prepare(place)
        run = measure(contestant.first(place, debs), place)
        if contestant.index and (listed := contestant.listed(place)) != count:
            raise Failure(f"lists {listed} of {count} packages")
        return run

    results = in_turns(contestants, bench.runs, publish)
    does = {contestant.name: contestant.does for contestant in contestants}
    size = int(output(f"du -sb --apparent-size {debs} | cut -f1", here)) / 1e6
    text = [f"{count:,} packages, {size:.0f} MB, medians of {bench.runs}:"]
    checks = [
        *faster("P1", "first publication, with gz as the peers", results, OURS[0], PEERS, 10),
        *faster("P1", "first publication, xz and gz", results, OURS[1], PEERS, 5),
        *within("P1", "the same with gz, against the floor", results, OURS[0], "floor gz", 2),
        *within("P1", "the same with xz and gz", results, OURS[1], "floor", 2),
    ]
    text += [contest_table(results, does, OURS), *not_run(missing)]
    return Section("P1: first publication", text, checks, results)


def line_up(bench, architectures):
    ours = [bench.repoman("repoman gz", ("gz",)), bench.repoman("repoman")]
    for contestant in ours:
        contestant.architectures = architectures
    return [*ours, Aptly("aptly"), Reprepro("reprepro")]


def keep_index(repoman, debs, here):
    """Returns the `Packages` file of all packages, which the floor compresses."""
    place = here / "index"
    place.mkdir()
    repoman.prepare(place)
    measure(repoman.first(place, debs), place)
    output(f"xz -dc {repoman.index} > Packages", place)
    return place / "Packages"


def one_more(bench):
    """P2: everybody has published the same packages; each turn brings one more to all of them."""
    count, here, debs = bench.sizes.packages, bench.place("P2"), bench.packages()
    further = sorted(bench.debs("further", count, bench.more_runs, 20_000).iterdir())
    contestants, missing = present(line_up(bench, ["amd64", "arm64"]))
    places = {}
    for contestant in contestants:
        progress(f"  {count} packages: {contestant.name}")
        place = places[contestant.name] = here / contestant.name.replace(" ", "-")
        place.mkdir()
        contestant.prepare(place)
        measure(contestant.first(place, debs), place)

    def publish(contestant, turn):
        place = places[contestant.name]
        run = measure(contestant.more(place, further[turn]), place)
        if contestant.listed(place) != count + turn + 1:
            raise Failure(f"does not list {further[turn].name}")
        return run

    results = in_turns(contestants, bench.more_runs, publish)
    does = {contestant.name: contestant.does for contestant in contestants}
    text = [f"One more in {count:,} packages, medians of {bench.more_runs}; repoman has a second "
            "architecture, signs, and syncs all that it writes:",
            contest_table(results, does, OURS), *not_run(missing)]
    checks = []
    for name, forms in (("repoman gz", "gz"), ("repoman", "xz and gz")):
        for peer, goal in (("reprepro", 3), ("aptly", 20)):
            what = f"one more package in {count:,}, {forms}"
            checks += faster("P2", what, results, name, [peer], goal)
    return Section("P2: one more package", text, checks, results)
