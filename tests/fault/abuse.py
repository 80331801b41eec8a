#!/usr/bin/env python3
"""A busy server among peers that mean it harm or are broken: rounds of connections that come and go,
garbage, half messages, slow bytes, floods and resets, while good clients read and write. Not one
good call may be lost, each write happens once, and afterwards the server holds no more connections
and about as much memory as before.

    abuse.py BUILD_DIRECTORY [--rounds N] [--seed S]

Nothing here depends on how fast anything is: a call may take a minute, and what must come down is
waited for.
"""
import argparse
import os
import struct
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "scenario"))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import peer  # noqa: E402
import run  # noqa: E402

GOOD_CLIENTS = 3
BOASTERS = 200
HOARDERS = 60
UNFINISHED_KIB = 64 << 10  # limits.unfinished_mib
READS = 8
WAIT_SECONDS = 60
MEMORY_SLACK_KIB = 64 << 10
FILES_SLACK = 8
# What a client asks again by contract. Not that its address asks too much: the good have a token.
LATER = ("SERVER_OVERLOADED", "QUEUE_FULL", "REPLY_DEFERRED")
INFO = "governance.GetServerInfo"


# ---- what strangers do; each gets dice and an address, and leaves nothing open -----------------

def come_and_go(dice, address):
    for _ in range(20):
        peer.connect(address).close()


def send_garbage(dice, address):
    with peer.connect(address) as stranger:
        stranger.sendall(peer.noise(dice, dice.randrange(1, 5000)))


def speak_http(dice, address):
    with peer.connect(address) as stranger:
        stranger.sendall(b"GET /metrics HTTP/1.1\r\nHost: shop\r\n\r\n")


def greet_as_another(dice, address):
    with peer.connect(address) as stranger:
        stranger.sendall(b"\0SP\0\0" + bytes([dice.randrange(256)]) + b"\0\0")
        stranger.sendall(peer.frame(1, peer.call(1, INFO)))


def greet_half(dice, address):
    with peer.connect(address) as stranger:
        stranger.sendall(peer.GREETING[:dice.randrange(1, 8)])


def send_half(dice, address):
    stranger = peer.connect(address)
    peer.greet(stranger)
    whole = peer.frame(1, peer.call(1, INFO, peer.noise(dice, 100000)))
    stranger.sendall(whole[:dice.randrange(1, len(whole))])
    peer.reset(stranger) if dice.random() < 0.5 else stranger.close()


def announce_too_much(dice, address):
    for length in ((1 << 64) - 1, 1 << 63, 5 << 20, 3, 0):
        with peer.connect(address) as stranger:
            peer.greet(stranger)
            stranger.sendall(struct.pack(">QI", length, 0x80000001) + b"x" * 1000)


def send_no_batch(dice, address):
    """A message that is no batch is answered or its connection closed, at the peer's own cost."""
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        for number in range(20):
            stranger.sendall(peer.frame(number, peer.noise(dice, dice.randrange(400))))


def send_no_request(dice, address):
    """The request's id without its highest bit: a header that does not end."""
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        for count in (1, 7, 300):
            stranger.sendall(struct.pack(">Q", 4 * count) + b"\0\0\0\1" * count)


def call_nothing(dice, address):
    batch = b"".join(peer.call(i, "none.%d" % i, peer.noise(dice, 20)) for i in range(1024))
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        stranger.sendall(peer.frame(7, batch))
        number, body = peer.read_message(stranger)
        if number != 7 or len(peer.replies(body)) != 1024:
            raise run.Unmet("1,024 calls of no method were not all answered")


def call_too_much(dice, address):
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        stranger.sendall(peer.frame(8, peer.call(1, INFO) * 1025))


def write_without_right(dice, address):
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        for number in range(50):
            stranger.sendall(peer.frame(number, peer.call(
                1, "catalog.CreateProduct", peer.noise(dice, 50), peer.noise(dice, 43),
                peer.request_id(dice))))


def flood_and_read(dice, address):
    """Many messages before the first reply: each is answered by its own number."""
    with peer.connect(address) as stranger:
        peer.greet(stranger)
        stranger.sendall(b"".join(peer.frame(n, peer.call(n, INFO)) for n in range(200)))
        seen = {peer.read_message(stranger)[0] for _ in range(200)}
        if seen != set(range(200)):
            raise run.Unmet("200 messages got %d different replies" % len(seen))


def flood_and_reset(dice, address):
    stranger = peer.connect(address)
    peer.greet(stranger)
    stranger.sendall(b"".join(
        peer.frame(n, b"".join(peer.call(i, INFO) for i in range(100))) for n in range(30)))
    peer.reset(stranger)


def come_in_a_crowd(dice, address):
    crowd = [peer.connect(address) for _ in range(100)]
    for stranger in crowd[:50]:
        stranger.sendall(peer.GREETING)
    for stranger in crowd:
        peer.reset(stranger) if dice.random() < 0.5 else stranger.close()


STRANGERS = [come_and_go, send_garbage, speak_http, greet_as_another, greet_half, send_half,
             announce_too_much, send_no_batch, send_no_request, call_nothing, call_too_much,
             write_without_right, flood_and_read, flood_and_reset, come_in_a_crowd]


class Boasters:
    """Peers that announce the largest message there is, send some bytes of it and stay."""

    def __init__(self, address):
        self.peers = [peer.connect(address) for _ in range(BOASTERS)]
        for stranger in self.peers:
            peer.greet(stranger)
            stranger.sendall(struct.pack(">QI", 4 << 20, 0x80000001) + b"x" * 10)

    def end(self):
        for stranger in self.peers:
            stranger.close()


class Hoarders:
    """Peers that send three quarters of the largest message and stay."""

    def __init__(self, address):
        self.peers = [peer.connect(address) for _ in range(HOARDERS)]
        for stranger in self.peers:
            try:
                peer.greet(stranger)
                stranger.sendall(struct.pack(">QI", 4 << 20, 0x80000001) + b"x" * (3 << 20))
            except ConnectionError:
                pass  # it had to make room

    def end(self):
        for stranger in self.peers:
            stranger.close()


class Slow:
    """Peers that send one byte a round and keep their connections."""

    def __init__(self, address):
        self.address = address
        self.peers = []

    def go_on(self):
        if len(self.peers) < 20:
            self.peers.append([peer.connect(self.address), 0])
        message = peer.GREETING + peer.frame(1, peer.call(1, INFO, b"x" * 1000))
        for place in self.peers:
            place[0].sendall(message[place[1]:place[1] + 1])
            place[1] += 1

    def end(self):
        for stranger, _ in self.peers:
            stranger.close()


# ---- good clients ----------------------------------------------------------------------------

class Good(threading.Thread):
    """Reads in batches and creates products, each named once; gives up at the first lost call."""

    def __init__(self, address, token, name):
        super().__init__(name=name)
        self.dice = peer.dice_of(name)
        self.token = token
        self.stopped = threading.Event()
        self.reads = self.again = self.number = 0
        self.made = []
        self.fault = None
        self.peer = peer.connect(address)
        peer.greet(self.peer)

    def exchange(self, batch):
        while True:
            self.number += 1
            self.peer.sendall(peer.frame(self.number, batch))
            number, body = peer.read_message(self.peer)
            if number != self.number:
                raise run.Unmet("the reply to %d came for %d" % (number, self.number))
            answers = peer.replies(body)
            if not any(reason in LATER for reason, _ in answers.values()):
                return answers
            self.again += 1

    def read(self):
        answers = self.exchange(b"".join(peer.call(i, INFO, b"", self.token)
                                        for i in range(READS)))
        if sorted(answers) != list(range(READS)) or any(r for r, _ in answers.values()):
            raise run.Unmet("reads were answered %r" % answers)
        self.reads += READS

    def write(self):
        name = ("%s-%d" % (self.name, len(self.made))).encode()
        request = peer.field(1, peer.field(2, name) + peer.field(6, b"Kiln"))
        answers = self.exchange(peer.call(
            1, "catalog.CreateProduct", request, self.token, peer.request_id(self.dice)))
        if answers[1][0] is not None:
            raise run.Unmet("a write was refused: %s" % answers[1][0])
        self.made.append(name)

    def run(self):
        try:
            while not self.stopped.is_set():
                self.read()
                self.write()
        except Exception as fault:  # told by the main thread
            self.fault = fault
        finally:
            self.peer.close()


def products(address, token):
    """The external ids of every product there is."""
    found, page = [], b""
    with peer.connect(address) as client:
        peer.greet(client)
        while True:
            client.sendall(peer.frame(1, peer.call(1, "catalog.ListProducts", peer.field(
                20, 1000) + (peer.field(21, page) if page else b""), token)))
            reason, response = peer.replies(peer.read_message(client)[1])[1]
            if reason is not None:
                raise run.Unmet("the list was refused: %s" % reason)
            parts = list(peer.fields(response))
            found += [dict(peer.fields(v))[2] for n, v in parts if n == 1]
            page = b"".join(v for n, v in parts if n == 2)
            if not page:
                return found


# ---- what the server holds -------------------------------------------------------------------

class Process:
    def __init__(self, pid):
        self.folder = "/proc/%d" % pid
        with open(self.folder + "/maps") as maps:
            self.sanitized = "libasan" in maps.read()  # keeps what was freed, on purpose

    def memory_kib(self):
        with open(self.folder + "/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))

    def files(self):
        return len(os.listdir(self.folder + "/fd"))


def comes_down(measure, limit):
    until = time.monotonic() + WAIT_SECONDS
    while measure() > limit and time.monotonic() < until:
        time.sleep(0.1)
    return measure() <= limit


def check_rest(process, before):
    memory, files = before
    if not comes_down(process.files, files + FILES_SLACK):
        raise run.Unmet("%d files are open, %d were" % (process.files(), files))
    if not process.sanitized and not comes_down(process.memory_kib, memory + MEMORY_SLACK_KIB):
        raise run.Unmet("memory is %d KiB, was %d" % (process.memory_kib(), memory))


def check_boasts(process, before):
    limit = before[0] + MEMORY_SLACK_KIB
    if not process.sanitized and not comes_down(process.memory_kib, limit):
        raise run.Unmet("what is announced takes memory: %d KiB, before %d" % (
            process.memory_kib(), before[0]))


def check_hoards(process, before):
    limit = before[0] + UNFINISHED_KIB + MEMORY_SLACK_KIB
    if not process.sanitized and not comes_down(process.memory_kib, limit):
        raise run.Unmet("unfinished messages take memory: %d KiB, before %d" % (
            process.memory_kib(), before[0]))


def check_writes(address, token, good):
    wanted = sorted(name for client in good for name in client.made)
    found = sorted(products(address, token))
    if found != wanted:
        raise run.Unmet("%d products were made, %d are there" % (len(wanted), len(found)))


def one_round(dice, address, number):
    """Whoever is turned away may see it as any broken connection; the others must not."""
    stranger = STRANGERS[number % len(STRANGERS)]
    try:
        stranger(dice, address)
    except (ConnectionError, BrokenPipeError):
        if stranger in (flood_and_read, call_nothing):
            raise


def play(server, rounds, seed):
    host, port = server.url.removeprefix("tcp://").rsplit(":", 1)
    address = (host, int(port))
    with open(os.path.join(server.data, "admin.token"), "rb") as file:
        token = file.read().strip()
    process = Process(server.process.pid)
    dice = peer.dice_of(seed)
    good = [Good(address, token, "good%d" % i) for i in range(GOOD_CLIENTS)]
    slow = Slow(address)
    for client in good:
        client.start()
    try:
        for number in range(len(STRANGERS)):  # what is kept for good is kept by now
            one_round(dice, address, number)
        before = (process.memory_kib(), process.files())
        boasters = Boasters(address)
        for number in range(rounds):
            one_round(dice, address, number)
            slow.go_on()
            for client in good:
                if client.fault is not None:
                    raise run.Unmet("round %d, %s: %r" % (number, client.name, client.fault))
        check_boasts(process, before)
        boasters.end()
        hoarders = Hoarders(address)
        check_hoards(process, before)
        hoarders.end()
    finally:
        slow.end()
        for client in good:
            client.stopped.set()
        for client in good:
            client.join()
    for client in good:
        if client.fault is not None:
            raise run.Unmet("%s: %r" % (client.name, client.fault))
    check_writes(address, token, good)
    check_rest(process, before)
    print("%d rounds; %d reads and %d writes, none lost, %d asked again; memory %d KiB, was %d" % (
        rounds, sum(c.reads for c in good), sum(len(c.made) for c in good),
        sum(c.again for c in good), process.memory_kib(), before[0]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.pop("MALLOC_PERTURB_", None)  # it touches what is only announced
    server = run.Server(options.build)
    status = 1
    try:
        server.start()
        play(server, options.rounds, options.seed)
        status = server.stop()
    except (run.Unmet, OSError) as fault:
        print("%s\n%s" % (fault, server.log_tail()))
    finally:
        server.stop()
        run.shutil.rmtree(server.root, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
