"""An S3 server in memory, as far away as it is told to be, with a log of requests.

    python3 bucket.py LOG [--latency SECONDS] [--load DIRECTORY --prefix PREFIX]

It listens on a free port of loopback, whose number is the first line on stdout, and ends when stdin
does. Every answer comes `--latency` after its request: as through a proxy that adds the time, but
without one that would cost processor time of its own. Connections are kept, and are answered
concurrently; a new connection costs nothing more, while over TLS it would cost two round trips.

It does what repoman and its peers ask for: objects with their headers, conditions, ranges, copies,
listings of both versions, and deletion of many. It checks no signature and has no uploads in parts.
Each request becomes a line in LOG: when it came, when it was answered, method, path and status.

moto, which the tests use, spends milliseconds of one core on each request: there a contest would
show the speed of the server.
"""

import argparse
import asyncio
import bisect
import hashlib
import re
import sys
import time
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape, unescape

KEPT = ("content-type", "content-encoding", "cache-control", "x-amz-checksum-sha256")
XML = [("Content-Type", "application/xml")]
QUOTES = {"&quot;": '"', "&apos;": "'"}
PAGE = 1000


class Stored:
    """An object: its bytes, the headers that came with them, and when that was."""

    def __init__(self, body, headers):
        self.body, self.headers, self.time = body, headers, time.time()
        self._tag = None

    @property
    def tag(self):
        if self._tag is None:
            self._tag = f'"{hashlib.md5(self.body).hexdigest()}"'
        return self._tag

    def answer(self):
        return [("ETag", self.tag), ("Last-Modified", formatdate(self.time, usegmt=True)),
                ("Accept-Ranges", "bytes"), *self.headers]


class Bucket:
    """What S3 does with requests; every bucket is there, and keys begin with its name."""

    def __init__(self):
        self.objects, self.keys = {}, []

    def load(self, directory, prefix):
        """Takes in all files of a directory."""
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(directory)}", Stored(path.read_bytes(), []))

    def put(self, key, stored):
        if key not in self.objects:
            bisect.insort(self.keys, key)
        self.objects[key] = stored

    def remove(self, key):
        if self.objects.pop(key, None):
            del self.keys[bisect.bisect_left(self.keys, key)]

    def answer(self, method, key, query, headers, body):
        """Returns the status, the headers and the body that a request is answered with."""
        bucket, _, name = key.partition("/")
        if method == "POST" and "delete" in query:
            for gone in re.findall(r"<Key>(.*?)</Key>", body.decode()):
                self.remove(f"{bucket}/{unescape(gone, QUOTES)}")
            return 200, XML, b"<DeleteResult></DeleteResult>"
        if not name:
            return 200, XML, b"" if method == "HEAD" else self.listing(bucket, query)
        there = self.objects.get(key)
        if not holds(headers, there) and method in ("PUT", "DELETE"):
            return refusal(412, "PreconditionFailed")
        if method == "DELETE":
            self.remove(key)
            return 204, [], b""
        if method == "PUT":
            return self.write(key, headers, body)
        return read(there, headers) if there else refusal(404, "NoSuchKey")

    def write(self, key, headers, body):
        source = headers.get("x-amz-copy-source")
        if source:
            stored = self.objects.get(unquote(source).lstrip("/"))
            if stored is None:
                return refusal(404, "NoSuchKey")
            self.put(key, Stored(stored.body, stored.headers))
            tag = f"<ETag>{escape(stored.tag)}</ETag>"
            return 200, XML, f"<CopyObjectResult>{tag}</CopyObjectResult>".encode()
        if "x-amz-decoded-content-length" in headers:
            body = unchunked(body)
        kept = [(name, headers[name]) for name in headers
                if name in KEPT or name.startswith("x-amz-meta-")]
        stored = Stored(body, kept)
        self.put(key, stored)
        return 200, [("ETag", stored.tag)], b""

    def listing(self, bucket, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        starts = ("continuation-token", "start-after", "marker")
        start = next((query[name] for name in starts if query.get(name)), "")
        entries, more, last = self.page(f"{bucket}/", prefix, delimiter, start)
        v2 = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>"
        following = v2 if "list-type" in query else f"<NextMarker>{escape(last)}</NextMarker>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f"<ListBucketResult><Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix>"
            f"<MaxKeys>{PAGE}</MaxKeys><KeyCount>{len(entries)}</KeyCount>"
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{following if more else ''}"
            f"{''.join(entries)}</ListBucketResult>"
        ).encode()

    def page(self, bucket, prefix, delimiter, start):
        """Returns up to a thousand entries after `start`, whether there are more, and the last."""
        entries, last = [], start
        at = bisect.bisect_left(self.keys, bucket + prefix)
        if start:
            at = max(at, bisect.bisect_right(self.keys, bucket + start))
        while at < len(self.keys) and self.keys[at].startswith(bucket + prefix):
            if len(entries) == PAGE:
                return entries, True, last
            name = self.keys[at][len(bucket):]
            group, found, _ = name[len(prefix):].partition(delimiter or "\0")
            if found:
                last = prefix + group + delimiter
                entries.append(f"<CommonPrefixes><Prefix>{escape(last)}</Prefix></CommonPrefixes>")
                at = bisect.bisect_left(self.keys, bucket + last + "\U0010ffff")
                last += "\U0010ffff"
            else:
                entries.append(described(name, self.objects[self.keys[at]]))
                last, at = name, at + 1
        return entries, False, last


def described(name, stored):
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(stored.time))
    return (
        f"<Contents><Key>{escape(name)}</Key><LastModified>{moment}</LastModified>"
        f"<ETag>{escape(stored.tag)}</ETag><Size>{len(stored.body)}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def holds(headers, there):
    """Tells whether the conditions of a write hold."""
    wanted = headers.get("if-match")
    if wanted and (there is None or wanted != there.tag):
        return False
    return not ("if-none-match" in headers and there)


def read(there, headers):
    """Returns an object, or the part of it that is asked for."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
    if not asked:
        return 200, there.answer(), there.body
    start, size = int(asked[1]), len(there.body)
    end = min(int(asked[2] or size), size - 1)
    part = ("Content-Range", f"bytes {start}-{end}/{size}")
    return 206, [part, *there.answer()], there.body[start:end + 1]


def refusal(status, code):
    return status, XML, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def unchunked(body):
    """Takes away the framing of `aws-chunked`."""
    content, rest = b"", body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            break
        content, rest = content + rest[:size], rest[size + 2:]
    return content


class Connection(asyncio.Protocol):
    """One client's connection: request after request."""

    def __init__(self, bucket, latency, log):
        self.bucket, self.latency, self.log = bucket, latency, log
        self.received, self.head, self.came = bytearray(), None, 0.0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while self.take():
            pass

    def take(self):
        """Carries out one request, if all of it is here."""
        if self.head is None:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.came = time.monotonic()
            self.head = parsed(bytes(self.received[:end]))
            del self.received[:end + 4]
            if "expect" in self.head[2]:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        method, target, headers = self.head
        length = int(headers.get("content-length", 0))
        if len(self.received) < length:
            return False
        body = bytes(self.received[:length])
        del self.received[:length]
        self.head = None
        self.carry_out(method, target, headers, body)
        return True

    def carry_out(self, method, target, headers, body):
        path, _, query = target.partition("?")
        key = unquote(path).lstrip("/")
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        status, fields, content = self.bucket.answer(method, key, arguments, headers, body)
        fields = [("Date", formatdate(usegmt=True)), ("Content-Length", len(content)), *fields]
        lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in fields), "", ""]
        answer = "\r\n".join(lines).encode() + (b"" if method == "HEAD" else content)
        line = f"{method} {quote(key)}{'?' if query else ''}{query} {status}\n"
        loop = asyncio.get_running_loop()
        loop.call_later(self.latency, self.send, answer, self.came, line)

    def send(self, answer, came, line):
        self.log.write(f"{came:.6f} {time.monotonic():.6f} {line}")
        self.transport.write(answer)


def parsed(head):
    """Returns method, target and headers of a request; the names are in lower case."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(":", 1) for line in lines)
    return method, target, {name.lower(): value.strip() for name, value in pairs}


async def serve(options):
    bucket = Bucket()
    if options.load:
        bucket.load(options.load, options.prefix)
    loop = asyncio.get_running_loop()
    with open(options.log, "w", buffering=1, encoding="utf-8") as log:
        server = await loop.create_server(
            lambda: Connection(bucket, options.latency, log), "127.0.0.1", 0
        )
        print(server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--latency", type=float, default=0)
    parser.add_argument("--load", type=Path)
    parser.add_argument("--prefix", default="")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
