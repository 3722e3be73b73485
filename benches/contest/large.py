"""P5: few packages that are large, which is hashing and writing alone."""

from shlex import quote

from contest.contestants import Contestant, Repoman, present
from contest.measure import CORES, Runs, in_turns, measure
from contest.report import Section, contest_table, faster, limited, not_run, within


class Hashing(Contestant):
    """A program that hashes all packages, on all cores; and copies them, if it should."""

    def __init__(self, name, command, copies=False):
        super().__init__(name)
        self.needs, self.command, self.copies = (command.split()[0],), command, copies
        self.does = f"on {CORES} cores" + (", then cp and sync" if copies else "")

    def first(self, _here, debs):
        debs = quote(str(debs))
        copy = f"cp -r {debs} pool; sync -f pool" if self.copies else ""
        return f"""
            find {debs}/ -name '*.deb' -print0 | xargs -0 -P{CORES} -n1 {self.command} > sums
            {copy}
        """


class Planning(Repoman):
    """Only the part that reads, hashes and compares."""

    def first(self, here, debs):
        self.offer(here, debs)
        return self.command("plan --allow-outside")


def large_packages(bench):
    """P5: what is new on this machine; nothing is kept from one run to the next."""
    count, mean = bench.sizes.large
    here, debs = bench.place("P5"), bench.debs("large", 0, count, mean, 0)
    openssl = "openssl dgst -sha256"
    contestants, missing = present([
        bench.repoman("repoman plan", kind=Planning),
        bench.repoman("repoman apply"),
        Hashing("sha256sum", "sha256sum"),
        Hashing("openssl", openssl),
        Hashing("openssl, cp", openssl, copies=True),
    ])

    def publish(contestant, _turn):
        place = here / "now"
        place.mkdir()
        contestant.prepare(place)
        run = measure(contestant.first(place, debs), place)
        # It is too much for several turns to stay.
        measure(f"rm -r {quote(str(place))}", here)
        return run

    results = in_turns(contestants, bench.runs, publish)
    does = {contestant.name: contestant.does for contestant in contestants}
    does |= {"repoman plan": "reads and hashes", "repoman apply": "signed; hashes, copies, syncs"}
    what = f"{count} × {mean / 1e6:.0f} MB"
    checks = []
    for peer, name in (("sha256sum", "sha256sum"), ("openssl", "openssl dgst")):
        title = f"{what}, speed of plan against {name}"
        checks += faster("P5", title, results, "repoman plan", [peer], 0.8)
    checks += within("P5", f"{what}, apply against hashing and copying", results, "repoman apply",
                     "openssl, cp", None)
    if isinstance(results["repoman apply"], Runs):
        checks.append(limited("P5", what, results["repoman apply"], "memory", 100))
    text = [f"{what}, medians of {bench.runs}. Where `sha256sum` does not use the processor's "
            "instructions for it, `openssl` is the limit:",
            contest_table(results, does, ["repoman plan", "repoman apply"]), *not_run(missing)]
    return Section("P5: large packages", text, checks, results)
