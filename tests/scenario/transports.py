#!/usr/bin/env python3
"""Ways to reach a shop other than plain TCP: TLS with certificates on both sides, a path of the
file system, and no wire at all, in one process.

    transports.py BUILD_DIRECTORY

Ends with 77, skipped, where openssl is not there to make certificates and all else went well.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402

FAILURES = []


def check(what, holds, came=""):
    if not holds:
        FAILURES.append(what)
        print("%s: not so; came %s" % (what, came))


def openssl(directory, words):
    subprocess.run(["openssl"] + words.split(), cwd=directory, check=True, timeout=60,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_authority(directory, name):
    openssl(directory, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=%s "
            "-keyout %s.key -out %s.pem" % (name, name, name))


def make_certificate(directory, authority, name):
    with open(os.path.join(directory, "names"), "w") as file:
        file.write("subjectAltName=DNS:localhost\n")
    openssl(directory, "req -newkey rsa:2048 -nodes -subj /CN=%s -keyout %s.key -out %s.csr" %
            (name, name, name))
    openssl(directory, "x509 -req -days 2 -in %s.csr -CA %s.pem -CAkey %s.key -CAcreateserial "
            "-extfile names -out %s.pem" % (name, authority, authority, name))


class Client:
    def __init__(self, server, directory):
        self.server, self.directory = server, directory

    def __call__(self, ca, own=None, key=None):
        words = [os.path.join(self.server.build, "shopctl"), "--timeout", "1500", "--server",
                 self.server.url.replace("127.0.0.1", "localhost"), "--tls-ca", ca + ".pem"]
        if own is not None:
            words += ["--tls-cert", own + ".pem"]
        if key is not None:
            words += ["--tls-key", key + ".key"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
        result = subprocess.run(words + ["governance.GetServerInfo"], cwd=self.directory,
                                capture_output=True, text=True, timeout=30, env=environment)
        if result.returncode == 0:
            return "OK"
        return json.loads(result.stderr)["reason"]


def certificates_on_both_sides(build, directory):
    config = os.path.join(directory, "config")
    with open(config, "w") as file:
        file.write("[tls]\ncert_file = %(d)s/server.pem\nkey_file = %(d)s/server.key\n"
                   "client_ca_file = %(d)s/house.pem\n" % {"d": directory})
    server = run.Server(build, ["--config", config, "--listen", "tls+tcp://127.0.0.1:0"])
    try:
        server.start()
        client = Client(server, directory)
        for what, wanted, came in [
                ("a certificate of the house", "OK", client("house", "till", "till")),
                ("no certificate", "NOT_CONNECTED", client("house")),
                ("a stranger's certificate", "NOT_CONNECTED", client("house", "thief", "thief")),
                ("a stranger's server", "NOT_CONNECTED", client("street", "till", "till")),
                ("a certificate without its key", "BAD_TLS", client("house", "till")),
                ("again", "OK", client("house", "till", "till"))]:
            check(what, came == wanted, came)
    finally:
        server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


def a_missing_authority_is_told(build, directory):
    config = os.path.join(directory, "config")
    with open(config, "w") as file:
        file.write("[tls]\ncert_file = %(d)s/server.pem\nkey_file = %(d)s/server.key\n"
                   "client_ca_file = %(d)s/nobody.pem\n" % {"d": directory})
    result = subprocess.run(
        [os.path.join(build, "shopd"), "--data", os.path.join(directory, "data"), "--config",
         config, "--listen", "tls+tcp://127.0.0.1:0"], capture_output=True, text=True, timeout=30)
    check("a missing authority", result.returncode == 2 and "nobody.pem" in result.stderr,
          result.stderr)


def over_a_path(build, directory):
    """The socket is its owner's alone, survives who connects for nothing, and a killed server."""
    path = os.path.join(directory, "shop.socket")
    server = run.Server(build, ["--listen", "ipc://" + path])

    def ask():
        result = subprocess.run([os.path.join(build, "shopctl"), "--timeout", "3000", "--server",
                                 server.url, "governance.GetServerInfo"],
                                capture_output=True, text=True, timeout=30)
        return "OK" if result.returncode == 0 else result.stderr

    try:
        server.start()
        check("the URL of a path", server.url == "ipc://" + path, server.url)
        check("its mode", os.stat(path).st_mode & 0o777 == 0o600, oct(os.stat(path).st_mode))
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(path)
        check("a call by a path", ask() == "OK", ask())
        server.stop(signal.SIGKILL)
        check("a socket left behind", os.path.exists(path))
        server.start()
        check("a call after a kill", ask() == "OK", ask())
        server.stop()
        check("no socket is left by a stop", not os.path.exists(path))
    finally:
        server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


def a_shop_inside_a_program(build, directory):
    """Twice, for the second time it opens what is there; shopd then proves it."""
    data = os.path.join(directory, "embedded")
    for _ in range(2):
        result = subprocess.run([os.path.join(build, "server", "examples", "example-embedded"), data],
                                capture_output=True, text=True, timeout=30)
        check("an embedded shop", result.returncode == 0 and
              result.stdout.startswith("guest ") and "of an embedded shop" in result.stdout,
              result.stdout + result.stderr)
    result = subprocess.run([os.path.join(build, "shopd"), "--data", data, "--verify"],
                            capture_output=True, text=True, timeout=30)
    check("what it left behind", result.returncode == 0, result.stdout + result.stderr)


def main(build):
    directory = run.tempfile.mkdtemp(prefix="shop-tls-")
    try:
        a_shop_inside_a_program(build, directory)
        over_a_path(build, directory)
        if shutil.which("openssl") is None:
            return 1 if FAILURES else 77
        for authority in ("house", "street"):
            make_authority(directory, authority)
        for authority, name in (("house", "server"), ("house", "till"), ("street", "thief")):
            make_certificate(directory, authority, name)
        certificates_on_both_sides(build, directory)
        a_missing_authority_is_told(build, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print("%d failures" % len(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
