"""The wire by hand, as README's section on it says: SP request/reply over TCP and the few messages
that abusing a server needs. Blocking, one request in flight unless the caller writes more."""
import os
import random
import socket
import struct
import time

GREETING = b"\0SP\0\0\x30\0\0"
ANSWERED = b"\0SP\0\0\x31\0\0"
SECONDS = 60


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """One field of a message: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def fields(data):
    """(number, value) of each field of a message of numbers, texts and messages."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        yield tag >> 3, value


def call(number, method, request=b"", token=b"", request_id=""):
    """An encoded Batch of one Call; batches joined are a batch."""
    body = field(1, number) + field(2, method.encode()) + field(3, request)
    if token:
        body += field(5, token)
    if request_id:
        body += field(6, request_id.encode())
    return field(1, body)


def replies(body):
    """{id: (reason or None, response)} of encoded Replies."""
    found = {}
    for _, reply in fields(body):
        parts = dict(fields(reply))
        reason = None
        if 2 in parts:
            reason = dict(fields(parts[2])).get(2, b"").decode()
        found[parts.get(1, 0)] = (reason, parts.get(3, b""))
    return found


def request_id(dice):
    digits = "%012x7%03x%x%015x" % (int(time.time() * 1000), dice.getrandbits(12),
                                    8 + dice.getrandbits(2), dice.getrandbits(60))
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def frame(number, body):
    return struct.pack(">QI", len(body) + 4, number | 0x80000000) + body


def connect(address):
    peer = socket.create_connection(address, timeout=SECONDS)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def read_exactly(peer, count):
    data = bytearray()
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            raise ConnectionError("the server closed the connection")
        data += piece
    return bytes(data)


def greet(peer):
    peer.sendall(GREETING)
    answer = read_exactly(peer, len(ANSWERED))
    if answer != ANSWERED:
        raise ConnectionError("the server's greeting is %r" % answer)


def read_message(peer):
    """(the request's number, body)"""
    length, number = struct.unpack(">QI", read_exactly(peer, 12))
    return number & 0x7FFFFFFF, read_exactly(peer, length - 4)


def reset(peer):
    """Closes with RST instead of FIN."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def noise(dice, count):
    return dice.randbytes(count)


def dice_of(seed):
    return random.Random(seed if seed is not None else os.getpid())
