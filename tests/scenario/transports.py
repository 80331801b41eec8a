#!/usr/bin/env python3
"""Ways to reach a shop other than plain TCP: TLS with certificates on both sides, a path of the
file system, and no wire at all, in one process.

    transports.py BUILD_DIRECTORY

Ends with 77, skipped, where openssl is not there to make certificates and all else went well.
"""
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

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
        error = json.loads(result.stderr)
        self.message = error["message"]
        return error["reason"]

    def why(self, *words):
        return "%s %s" % (self(*words), self.message)


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
                ("no certificate", "NOT_CONNECTED broken off; a server that requires a client certificate",
                 client.why("house")),
                ("a stranger's certificate", "NOT_CONNECTED one side does not accept",
                 client.why("house", "thief", "thief")),
                ("a stranger's server", "NOT_CONNECTED one side does not accept",
                 client.why("street", "till", "till")),
                ("a certificate without its key", "BAD_TLS", client("house", "till")),
                ("again", "OK", client("house", "till", "till"))]:
            check(what, came == wanted or all(part in came for part in wanted.split(" ", 1)), came)
        server.stop()
        came = client.why("house", "till", "till")
        check("no server", came.startswith("NOT_CONNECTED cannot connect: is a server"), came)
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


class Visitor:
    """A TLS connection that stays open, and speaks SP without our library."""

    def __init__(self, server, directory):
        context = ssl.create_default_context(cafile=os.path.join(directory, "house.pem"))
        port = int(server.url.rsplit(":", 1)[1])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10),
                                          server_hostname="localhost")
        self.seen = hashlib.sha256(self.socket.getpeercert(binary_form=True)).hexdigest()
        self.socket.sendall(bytes.fromhex("0053500000300000"))
        self.greeting = self.read(8)

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def ask(self):
        """An empty batch, which is refused, but answered."""
        self.socket.sendall(bytes.fromhex("0000000000000004" "80000001"))
        return self.read(int.from_bytes(self.read(8), "big"))[4:]


def fingerprint(path):
    with open(path) as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def wait_for_log(server, event):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        lines = [line for line in server.log_lines() if line.get("event") == event]
        if lines:
            return lines[-1]
        time.sleep(0.05)
    return {}


def a_new_certificate(build, directory):
    """Without a restart: the very next connection sees it, those that are open stay."""
    config = os.path.join(directory, "reload.ini")
    shown, key = os.path.join(directory, "shown.pem"), os.path.join(directory, "shown.key")
    with open(config, "w") as file:
        file.write("[tls]\ncert_file = %s\nkey_file = %s\n" % (shown, key))

    def show(name, key_of=None):
        shutil.copy(os.path.join(directory, name + ".pem"), shown)
        shutil.copy(os.path.join(directory, (key_of or name) + ".key"), key)
        return fingerprint(shown)

    server = run.Server(build, ["--config", config, "--listen", "tls+tcp://127.0.0.1:0", "--admin",
                                "127.0.0.1:0"])

    def reload():
        result = subprocess.run(
            [os.path.join(server.build, "shopctl"), "--server",
             server.url.replace("127.0.0.1", "localhost"),
             "--tls-ca", "house.pem", "--token-file", os.path.join(server.data, "admin.token"),
             "governance.ReloadCertificates"],
            cwd=directory, capture_output=True, text=True, timeout=30)
        return json.loads(result.stdout or result.stderr)

    try:
        first = show("server")
        server.start()
        check("the log's certificate",
              wait_for_log(server, "certificate").get("fingerprint") == first, server.log_tail())
        visitor = Visitor(server, directory)
        check("what a visitor sees", visitor.seen == first, visitor.seen)
        second = show("later")
        check("what the call answers", reload().get("fingerprint") == second)
        for _ in range(3):
            check("who comes then", Visitor(server, directory).seen == second)
        check("an open connection", len(visitor.ask()) > 0)

        show("server", "thief")
        came = reload()
        check("another's key", (came.get("code"), came.get("reason")) ==
              ("FAILED_PRECONDITION", "BAD_TLS"), came)
        with open(shown, "w") as file:
            file.write("no certificate")
        came = reload()
        check("no certificate", came.get("reason") == "BAD_TLS", came)
        check("who comes then sees the old one", Visitor(server, directory).seen == second)
        check("a refusal is logged", "message" in wait_for_log(server, "certificate_refused"))

        third = show("server")
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 10
        while wait_for_log(server, "certificate").get("fingerprint") != third:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        check("who comes after SIGHUP", Visitor(server, directory).seen == third)
        check("the first visitor", len(visitor.ask()) > 0)
        with open(os.path.join(server.data, "admin.url")) as file:
            page = urllib.request.urlopen(file.read().strip() + "/metrics", timeout=10).read()
        lines = [line for line in page.decode().splitlines()
                 if line.startswith("shop_certificate_expire_seconds ")]
        check("its expiry is shown", len(lines) == 1 and
              86400 < float(lines[0].split()[1]) - time.time() < 3 * 86400, lines)
    finally:
        server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


def over_a_path(build, directory):
    """The socket is its owner's alone, survives who connects for nothing, and a killed server."""
    path = os.path.join(directory, "shop.socket")
    server = run.Server(build, ["--listen", "ipc://" + path])

    def ask():
        result = subprocess.run([os.path.join(server.build, "shopctl"), "--timeout", "3000", "--server",
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
        for authority, name in (("house", "server"), ("house", "later"), ("house", "till"), ("street", "thief")):
            make_certificate(directory, authority, name)
        certificates_on_both_sides(build, directory)
        a_new_certificate(build, directory)
        a_missing_authority_is_told(build, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print("%d failures" % len(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
