"""P6, requests, and P7, uploads with latency: repoman and its peers before an S3 server."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from contest.contestants import Aptly, DebS3, Repoman, present
from contest.measure import MIB, Failure, Runs, in_turns, measure, progress
from contest.report import Check, Section, contest_table, faster, not_run, table

BUCKET = Path(__file__).with_name("bucket.py")
# How many requests repoman has under way at once unless it is told otherwise.
JOBS = 64


@dataclass(frozen=True)
class Request:
    """A line of the server's log."""

    came: float
    answered: float
    method: str
    target: str

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def is_list(self):
        return self.method == "GET" and self.path.rstrip("/") == "apt"


class Server:
    """The S3 server of `bucket.py`, in a process of its own; the bucket is `apt`."""

    def __init__(self, bench, log, latency=0, load=None):
        self.log, self.seen = log, 0
        command = [sys.executable, BUCKET, log, "--latency", str(latency)]
        command += ["--load", load, "--prefix", "apt/debian"] if load else []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        port = self.process.stdout.readline().strip()
        if not port:
            raise Failure("the S3 server does not start")
        self.endpoint = f"http://127.0.0.1:{port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def store(self):
        """Returns the lines of a manifest's `[store]`."""
        return (f'url = "s3://apt/debian"\nregion = "us-east-1"\npath_style = true\n'
                f'endpoint = "{self.endpoint}"')

    def requests(self):
        """Returns the requests since the last call."""
        with open(self.log, encoding="utf-8") as log:
            log.seek(self.seen)
            lines = log.readlines()
            self.seen = log.tell()
        fields = (line.split(" ") for line in lines)
        return [Request(float(came), float(answered), method, target)
                for came, answered, method, target, _ in fields]


def line_up(bench, server):
    """Returns who publishes to the server and is installed, and who is not."""
    repoman = bench.repoman("repoman")
    repoman.store = server.store()
    return present([repoman, Aptly("aptly", server.endpoint), DebS3("deb-s3", server.endpoint)])


def requests(bench):
    """P6: what the server counts, for one distribution with two architectures."""
    here = bench.place("P6")
    debs = bench.debs("few", 0, bench.sizes.few, 20_000)
    further = sorted(bench.debs("few-more", bench.sizes.few, 2, 20_000).iterdir())
    rows, checks, missing = [], [], []
    with Server(bench, here / "requests") as server:
        contestants, missing = line_up(bench, server)
        for contestant in contestants:
            try:
                counts = counted(contestant, server, here / contestant.name, debs, further)
            except Failure as failure:
                if isinstance(contestant, Repoman):
                    raise
                progress(f"{contestant.name} failed: {failure}")
                rows.append([contestant.name, "failed", "", "", ""])
                continue
            rows.append([contestant.name, *counts])
            if isinstance(contestant, Repoman):
                own = counts
    others = ", ".join(f"{row[0]}, who was last: {row[3]}" for row in rows[1:])
    checks = [
        Check("P6", "requests, nothing changed", str(own[0]), "", own[0], "", at_most=4),
        Check("P6", "requests, one more package", str(own[1]), others, own[1], "", at_most=20),
    ]
    heads = ["", "nothing changed", "one more, nothing kept here", "one more, by who was last",
             "first publication"]
    text = [f"{bench.sizes.few:,} packages:", table(heads, rows), *not_run(missing)]
    return Section("P6: requests", text, checks, {"requests": rows})


def counted(contestant, server, here, debs, further):
    """Returns how many requests each kind of publication takes."""
    here.mkdir()
    contestant.prepare(here)
    server.requests()

    def count(script):
        measure(script, here)
        return len(server.requests())

    first = count(contestant.first(here, debs))
    warm = count(contestant.more(here, further[0]))
    if not isinstance(contestant, Repoman):
        return ["–", "–", warm, first]
    none = count(contestant.first(here, debs))
    measure("rm -rf cache", here)
    return [none, count(contestant.more(here, further[1])), warm, first]


def uploads(bench):
    """P7: many packages to a server that is far away."""
    count, latency, here = bench.sizes.uploads, 0.02, bench.place("P7")
    debs = bench.debs("uploads", 0, count, 10_000, 0)
    in_flight = []

    def publish(contestant, turn):
        place = here / f"{turn}-{contestant.name.replace(' ', '-')}"
        place.mkdir()
        with Server(bench, place / "requests", latency) as server:
            contestant.store, contestant.endpoint = server.store(), server.endpoint
            contestant.prepare(place)
            run = measure(contestant.first(place, debs), place)
            seen = server.requests()
        if sum(request.method == "PUT" for request in seen) < count:
            raise Failure("put fewer objects than there are packages")
        if contestant.name == "repoman":
            in_flight.append(concurrency(seen))
        return run

    alone = bench.repoman("repoman --jobs 1")
    alone.options = "--jobs 1"
    peers = [Aptly("aptly", "set later"), DebS3("deb-s3", "set later")]
    contestants, missing = present([bench.repoman("repoman"), alone, *peers])
    results = in_turns(contestants, bench.runs, publish)
    what = f"{count:,} × 10 KB with {latency * 1000:.0f} ms a request"
    checks = [
        *faster("P7", f"{what}, one at a time", results, "repoman", ["repoman --jobs 1"], 20),
        *faster("P7", f"{what}, peers", results, "repoman", ["aptly", "deb-s3"]),
    ]
    text = [f"{what}, medians of {bench.runs}:", contest_table(results, {}, ["repoman"]),
            f"While packages were uploaded, repoman had {max(in_flight, default=0):.1f} of {JOBS} "
            "requests under way on average.", *not_run(missing)]
    return Section("P7: uploads with latency", text, checks, results)


def concurrency(seen):
    """Returns how many requests were under way on average while packages were uploaded."""
    puts = [one for one in seen if one.method == "PUT" and one.path.endswith(".deb")]
    span = max(one.answered for one in puts) - min(one.came for one in puts)
    return sum(one.answered - one.came for one in puts) / span
