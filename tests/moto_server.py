"""An S3 server for the tests: moto on a free port of loopback, with a log of requests.

    python moto_server.py LOG

The port is the first line on stdout. Each request becomes a line in LOG: method, path, and whether
it is signed. The server ends when stdin does, so it never outlives the test that started it.

moto looks at a precondition and stores the object without a lock in between, so that of two
writers both could win. Here all writes are under one lock, as conditional writes
demand. moto checks no signature: this proves the protocol on the wire, not access control.

The server's clock is ahead by as many seconds as the file LOG-ahead says, if there is one.
"""

import datetime
import logging
import os
import sys
import threading

import moto.s3.models
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

WRITES = ("PUT", "POST", "DELETE")
LOCK = threading.Lock()


def serialized(app):
    """Returns the application with one write at a time."""

    def call(environ, start_response):
        if environ["REQUEST_METHOD"] not in WRITES:
            return app(environ, start_response)
        with LOCK:
            return app(environ, start_response)

    return call


def logged(app, log):
    """Returns the application with a line in the log for each request."""

    def call(environ, start_response):
        signed = environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4-HMAC-SHA256 ")
        mark = "signed" if signed else "unsigned"
        line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {mark}\n"
        # One write in append mode: lines of other threads can't end up inside this one.
        os.write(log, line.encode())
        return app(environ, start_response)

    return call


def turn_clock(path):
    """Has objects dated by a clock that is as far ahead as a file says."""
    present = moto.s3.models.utcnow

    def utcnow():
        try:
            with open(path) as file:
                return present() + datetime.timedelta(seconds=int(file.read()))
        except FileNotFoundError:
            return present()

    moto.s3.models.utcnow = utcnow


def end_with_stdin():
    """Stops the server when whoever started it is gone."""
    sys.stdin.read()
    os._exit(0)


def main():
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    turn_clock(sys.argv[1] + "-ahead")
    app = logged(serialized(DomainDispatcherApplication(create_backend_app)), log)
    logging.getLogger("werkzeug").disabled = True
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


main()
