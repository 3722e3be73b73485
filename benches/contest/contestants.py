"""Who takes part: repoman, its peers, and the floor below which nobody gets."""

import json
import os
import shutil
import subprocess
from shlex import quote
from textwrap import dedent

from contest.measure import CORES, Failure, output

ALL_FORMS = ("gz", "xz")


class Signer:
    """A throw-away key, in a GnuPG home of its own."""

    def __init__(self, home):
        home.mkdir(mode=0o700)
        self.environment = {**os.environ, "GNUPGHOME": str(home)}
        user = "Benchmark <bench@example.org>"
        self.gpg("--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", "never")
        listing = self.gpg("--with-colons", "--list-secret-keys").splitlines()
        records = (line.split(":") for line in listing)
        self.fingerprint = next(record[9] for record in records if record[0] == "fpr")
        self.secret = home / "secret.asc"
        self.secret.write_text(self.gpg("--armor", "--export-secret-keys"))

    def gpg(self, *arguments):
        command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def close(self):
        subprocess.run(["gpgconf", "--kill", "all"], env=self.environment, check=False)


class Contestant:
    """One way to publish packages into the directory in which its scripts run.

    `prepare` makes that directory ready, which doesn't count; `first` returns the script that
    publishes a directory of packages, `more` the one that publishes a further package. `index` is a
    `Packages` file that they leave, with all that is published.
    """

    needs = ()
    index = None
    does = ""

    def __init__(self, name):
        self.name = name

    def missing(self):
        return [program for program in self.needs if shutil.which(program) is None]

    def prepare(self, here):
        pass

    def listed(self, here):
        """Returns how many packages are published."""
        reader = "xz" if self.index.endswith(".xz") else "gzip"
        try:
            return int(output(f"{reader} -dc {self.index} | grep -c '^Package: '", here))
        except Failure as failure:
            raise Failure(f"no index: {failure}") from failure


class Repoman(Contestant):
    """Signs, whatever its peers do; packages come in through the directory `debs`."""

    architectures = ("amd64", "arm64")
    store = None
    options = ""

    def __init__(self, name, program, signer, forms=ALL_FORMS):
        super().__init__(name)
        self.program, self.signer, self.forms = program, signer, forms
        self.index = f"store/dists/bench/main/binary-amd64/Packages.{forms[-1]}"
        self.does = f"signed; {' and '.join(forms)}"

    def prepare(self, here):
        store = self.store or f'url = "file://{here}/store"'
        (here / "repo.toml").write_text(self.manifest(store))

    def manifest(self, store):
        return dedent(f"""\
            format = 1
            [repository]
            name   = "bench"
            origin = "Bench"
            [store]
            STORE
            [signing]
            keys = ["bench"]
            [signing.key.bench]
            fingerprint = "{self.signer.fingerprint}"
            secret      = "file:{self.signer.secret}"
            [distribution.bench]
            components    = ["main"]
            architectures = {json.dumps(self.architectures)}
            compression   = {json.dumps(self.forms)}
            [source.generated]
            path = "debs/*.deb"
            to   = "bench/main"
            """).replace("STORE", store)

    def command(self, arguments):
        """Returns a script that runs it with what this repository keeps on this machine."""
        return f'REPOMAN_CACHE_DIR="$PWD/cache" exec {quote(str(self.program))} {arguments}'

    def offer(self, here, debs):
        """Has the manifest's source look into that directory."""
        (here / "debs").unlink(missing_ok=True)
        (here / "debs").symlink_to(debs)

    def first(self, here, debs):
        self.offer(here, debs)
        return self.command(f"apply --yes --allow-outside {self.options}")

    def more(self, here, deb):
        incoming = here / f"incoming-{deb.stem}"
        incoming.mkdir()
        (incoming / deb.name).symlink_to(deb)
        return self.first(here, incoming)


class Aptly(Contestant):
    """`point` is where it publishes: a directory of its own, or an endpoint of its settings."""

    needs = ("aptly",)
    index = "aptly/public/dists/bench/main/binary-amd64/Packages.gz"
    does = "repo add, publish repo; unsigned, gz"
    publish = "aptly -config=aptly.conf publish"
    options = "-skip-signing -skip-contents -skip-bz2"

    def __init__(self, name, endpoint=None):
        super().__init__(name)
        self.endpoint = endpoint
        self.point = "s3:bench:" if endpoint else ""

    def prepare(self, here):
        settings = {"rootDir": str(here / "aptly"), "architectures": ["amd64"]}
        if self.endpoint:
            place = {"region": "us-east-1", "bucket": "apt", "endpoint": self.endpoint}
            settings["S3PublishEndpoints"] = {"bench": {**place, "acl": "none"}}
        (here / "aptly.conf").write_text(json.dumps(settings))

    def first(self, _here, debs):
        return f"""
            aptly -config=aptly.conf repo create bench
            aptly -config=aptly.conf repo add bench {quote(str(debs))}
            {self.publish} repo {self.options} -distribution=bench bench {self.point}
        """

    def more(self, _here, deb):
        return f"""
            aptly -config=aptly.conf repo add bench {quote(str(deb))}
            {self.publish} update {self.options} bench {self.point}
        """


class Reprepro(Contestant):
    needs = ("reprepro",)
    index = "dists/bench/main/binary-amd64/Packages.gz"
    does = "includedeb; unsigned, gz"

    def prepare(self, here):
        (here / "conf").mkdir()
        (here / "conf/distributions").write_text(dedent("""\
            Codename: bench
            Architectures: amd64
            Components: main
            DebIndices: Packages Release . .gz
            """))

    def first(self, here, debs):
        base = quote(str(here))
        return f"""
            cd {quote(str(debs))}
            exec reprepro --silent --basedir {base} includedeb bench *.deb
        """

    def more(self, _here, deb):
        return f"exec reprepro --silent includedeb bench {quote(str(deb))}"


class FtpArchive(Contestant):
    needs = ("apt-ftparchive",)
    index = "dists/Packages.gz"
    does = "packages, release; unsigned, gz; an index only: it copies no package"

    def first(self, here, debs):
        (here / "pool").symlink_to(debs)
        hashes = " ".join(f"-o APT::FTPArchive::{hash}=false" for hash in ("MD5", "SHA1", "SHA512"))
        return f"""
            mkdir dists
            apt-ftparchive {hashes} packages pool/ > dists/Packages
            gzip -9nk dists/Packages
            apt-ftparchive {hashes} release dists > Release
            mv Release dists
        """


class DebS3(Contestant):
    needs = ("deb-s3",)
    does = "upload; unsigned, gz"

    def __init__(self, name, endpoint):
        super().__init__(name)
        self.endpoint = endpoint

    def first(self, _here, debs):
        return self.upload(f"{quote(str(debs))}/*.deb")

    def more(self, _here, deb):
        return self.upload(quote(str(deb)))

    def upload(self, files):
        return f"""
            exec deb-s3 upload --bucket=apt --prefix=debs3 --endpoint={self.endpoint} \\
                --force-path-style --s3-region=us-east-1 --codename=bench --arch=amd64 \\
                --visibility=nil --preserve-versions {files}
        """


class Floor(Contestant):
    """What no tool can avoid: each byte hashed and written once, and the index compressed."""

    def __init__(self, name, packages=None):
        super().__init__(name)
        self.packages = packages
        self.does = f"sha256sum, cp{', xz of the index' if packages else ''}; {CORES} cores"

    def first(self, _here, debs):
        debs = quote(str(debs))
        xz = f"xz -k -c -T{CORES} {quote(str(self.packages))} > Packages.xz"
        return f"""
            find {debs}/ -name '*.deb' -print0 | xargs -0 -P{CORES} -n 64 sha256sum > sums
            cp -r {debs} pool
            {xz if self.packages else ''}
        """


def present(contestants):
    """Returns those who are installed, and the names of the others."""
    there = [one for one in contestants if not one.missing()]
    return there, [one.name for one in contestants if one.missing()]
