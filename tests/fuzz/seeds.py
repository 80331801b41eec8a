#!/usr/bin/env python3
"""Writes the corpora that fuzzing begins with: one file per kind of valid input, from messages in
protobuf's text form that protoc encodes, so that nobody edits bytes by hand.

    tests/fuzz/seeds.py

Files are named by what they hold; what the fuzzer found stands beside them under a name that begins
with "found-" and is never touched here.
"""
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/fuzz/corpus"

ADDRESS = """country_code: "PL" recipient: "Ada Nowak" phone: "+48123456789" lines: "ul. Dluga 1"
  city: "Warszawa" postal_code: "00-001" """
PRODUCT = """brand: "Kiln" titles { language: "en" text: "Tea, for \\"two\\"" }
  titles { language: "zh" text: "\\345\\217\\214" } tax_class: "standard" external_id: "one" """

# In the order of fuzz_message() in fuzz.c: the message's file, name and text.
MESSAGES = [
    ("catalog", "shop.catalog.v1.CreateProductRequest", "product { %s }" % PRODUCT),
    ("catalog", "shop.catalog.v1.UpdateProductRequest",
     'product { id: "p1" %s } update_mask { paths: "brand" paths: "titles" }' % PRODUCT),
    ("checkout", "shop.checkout.v1.PlaceOrderRequest",
     'cart_id: "c1" fingerprint: "f1" delivery_address { %s }' % ADDRESS),
    ("checkout", "shop.checkout.v1.Quote",
     'cart_id: "c1" lines { number: 1 kind: 1 sku: "TEA" quantity: 2 unit_price_minor: 1010 '
     'amount_minor: 2020 taxes { } } currency_code: "EUR" tax_included: true '
     'goods_minor: 9007199254740991 payable_minor: -1 blockers: "CART_EMPTY"'),
    ("cart", "shop.cart.v1.AddCartLinesRequest",
     'cart_id: "c1" lines { variant_id: "v1" quantity: 2 } lines { variant_id: "v2" }'),
    ("governance", "shop.governance.v1.CreateServiceKeyRequest",
     'title: "till" posts: [1, 2, 77] expire_time { seconds: 1700000000 nanos: 250000000 }'),
    ("supply", "shop.supply.v1.BatchGetAvailabilityRequest",
     'variant_ids: ["v1", "v2", "v3"]'),
    ("internal", "shop.internal.v1.Replay",
     r'time_ms: 18446744073709551615 hash: "\000\377\200" sequence: 5 answer: "\000\000" kind: 1'),
]

CALLS = [
    'id: 1 method: "governance.GetServerInfo"',
    r'id: 4294967295 method: "checkout.PlaceOrder" request: "\012\002c1" timeout_ms: 250 '
    'token: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" min_sequence: 18446744073709551615 '
    'request_id: "0190b5a4-0000-7000-8000-000000000001" '
    'traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" '
    'accept_language: "pl,en" agent: "test/1" '
    'metadata { name: "server-timing" value: "1" }',
]
STATUS = r"""id: 2 sequence: 7 status { code: 9 reason: "STOCK_SHORT" message: "only 3 are left"
  violation { field: "lines[2].quantity" reason: "TOO_LARGE" description: "at most 3" }
  fact { name: "available" value: "3" } retry_delay_ms: 250 detail_type: "shop.checkout.v1.Quote"
  detail: "\000\377" domain: "shop" }"""

DOCUMENTS = [
    '{"product":{"brand":"Kiln","titles":[{"language":"en","text":"Tea \\u00e9\\n"}]}}',
    '{"product":{"id":"p1","state":"PRODUCT_STATE_LISTED"},"updateMask":"brand,titles"}',
    '{"cart_id":"c1","fingerprint":"f","delivery_address":{"country_code":"PL","lines":["a"]}}',
    '{"cartId":"c1","lines":[{"number":1,"kind":"LINE_KIND_GOODS","quantity":"2"}],'
    '"tax_included":true,"payable_minor":"-9223372036854775808","blockers":["x"]}',
    '{"cart_id":null,"lines":[{"variant_id":"v1","quantity":2e0},{}]}',
    '{"title":"till","posts":["POST_BUYER",3],"expire_time":"2026-02-28T23:59:59.25+01:00"}',
    '{"variant_ids":["v1",""]}',
    '{"time_ms":"18446744073709551615","hash":"AP-A","answer":"AA==","kind":1}',
]
PATHS = [
    "product.titles[0].text=Tea\nproduct.titles[0].language=en\nproduct.brand=\"Kiln\"\n",
    "product.state=PRODUCT_STATE_LISTED\nupdate_mask=brand,titles\nproduct.update_time=null\n",
    "delivery_address.lines=[\"a\",\"b\"]\ndelivery_address.lines[2]=c\ncart_id=c1\n",
    "lines[0].quantity=3\nlines[0].taxes[0]={}\nlines[2].quantity=1\ntax_included=true\n",
    "lines={\"variant_id\":\"v1\"}\nlines[1].quantity=two\n",
    "posts=POST_BUYER\nposts[1]=2\nexpire_time=2026-02-28T23:59:59Z\ntitle=\n",
    "variant_ids[0]=v1\nvariantIds[1]=v2\nvariant_id=none\n",
    "time_ms=18446744073709551615\nhash=AP-A\nanswer=\"\"\nkind=REPLAY_KIND_BYTES\n",
]
DECLARATIONS = [
    "",
    "enum shop.catalog.v1.ProductState\nmessage shop.catalog.v1.Product\n",
    "field shop.cart.v1.AddCartLinesRequest.1: cart_id type 14 \nindex 10.9: brand\n",
    "table 10: Product key id owner id in\nindex 10.2: state,create_time\nvalue a.-1: b\n",
]

DESCRIPTORS = [
    "",
    'file { name: "cart.proto" package: "shop.cart.v1" service { name: "CartService" method { '
    'name: "GetCart" input_type: ".shop.cart.v1.GetCartRequest" output_type: ".shop.cart.v1.Cart" '
    '} } message_type { name: "GetCartRequest" field { name: "id" number: 1 label: 1 type: 9 } } '
    'message_type { name: "Cart" field { name: "lines" number: 2 label: 3 type: 11 '
    'type_name: ".shop.cart.v1.CartLine" } field { } } enum_type { name: "CartState" '
    'value { name: "CART_STATE_OPEN" number: 1 } value { } } }',
    r'file { package: "shop.a.b" service { method { } } message_type { name: "\033[2J" field { '
    r'name: "\342\200\256" } } enum_type { name: "a\nb" } } file { }',
]
SUMMARIES = r'''methods { name: "cart.GetCart" description: "Answers a cart. With its lines.\nAnd so on." }
  methods { name: "\033]0;title\007" description: "\302\233 \r" } methods { }'''


def encode(file, message, text):
    return subprocess.run(
        ["protoc", "-Iproto", "-I/usr/include", "--encode=" + message, "proto/%s.proto" % file],
        cwd=ROOT, input=text.encode(), capture_output=True, check=True).stdout


def encode_descriptors(text):
    return subprocess.run(
        ["protoc", "-I/usr/include", "--encode=google.protobuf.FileDescriptorSet",
         "google/protobuf/descriptor.proto"], input=text.encode(), capture_output=True,
        check=True).stdout


def write(target, name, data):
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    (CORPUS / target / name).write_bytes(data)


def octal(data):
    return "".join("\\%03o" % byte for byte in data)


def zstd_run(byte, count):
    """A Zstandard frame of one block that says one byte again and again."""
    head = struct.pack("<IBH", 0xFD2FB528, 0x60, count - 256)
    return head + struct.pack("<I", count << 3 | 3)[:3] + byte


def key_text(text):
    return text.encode() + b"\0\0"


def key_number(number):
    return struct.pack(">Q", number + (1 << 63))


def main():
    for at, (file, message, text) in enumerate(MESSAGES):
        wire = encode(file, message, text)
        name = message.rsplit(".", 1)[1]
        for limits in (0, 1, 2, 4):
            write("decode", "%s-%d" % (name, limits), bytes([at, limits]) + wire)
        write("json", name + "-wire", bytes([at, 1]) + wire)
        write("json", name + "-text", bytes([at, 0]) + DOCUMENTS[at].encode())
        write("json_set", name, bytes([at]) + PATHS[at].encode())
        write("rules", name, bytes([at, 0x5A, 0xA5]) + wire)
        write("rules", name + "-all", bytes([at, 0xFF, 0xFF]) + wire)
    many = encode("supply", MESSAGES[6][1], 'variant_ids: "v" ' * 1500)
    write("decode", "many-fields", b"\6\1" + many)
    write("decode", "much-memory", b"\6\2" + many)
    batch = encode("rpc", "shop.Batch", " ".join("call { %s }" % c for c in CALLS))
    write("frame", "batch", b"\0" + batch)
    write("frame", "batch-limit", b"\0" + batch + b"\x10\x80\x40")
    write("frame", "batch-cut", b"\0" + batch[:-3])
    write("frame", "batch-zstd", b"\0" + encode("rpc", "shop.Batch", """accept_zstd: true call { id: 1
      method: "x.Y" zstd_bytes: 5000 request: "%s" }""" % octal(zstd_run(b"a", 5000))))
    replies = encode("rpc", "shop.Replies", 'reply { id: 1 response: "abc" } reply { %s }' % STATUS)
    write("frame", "replies", b"\1" + replies)
    write("frame", "replies-none", b"\1")
    write("frame", "replies-zstd", b"\1" + bytes.fromhex(  # 4,900 bytes in one Zstandard frame
        "0a4d08011a4428b52ffd602412d5010014037b22736b75223a225445412d4c4a2d313030"
        "222c227469746c65223a224c6f6e676a696e6720477265656e20546561227d0100012fb4"
        "5750200930a426"))
    # Types in base 5 (text, bytes, signed, unsigned, flag), and where the second tuple begins.
    pair = key_text("o1") + b"\1\0\xff\2\0\0" + key_number(-5)
    write("keys", "text-bytes-number", bytes([0, len(pair), 55]) + pair
          + key_text("o1") + b"\1\2\0\0" + key_number(7))
    write("keys", "numbers", bytes([0, 16, 17]) + key_number(-1) + key_number(1)
          + key_number(0) + struct.pack(">Q", 3))
    write("keys", "flags", bytes([0, 2, 24]) + b"\1\0\0\0" + key_text("x"))
    write("page_token", "made", b"\1\5\1" + pair)
    write("page_token", "made-empty", b"\1\0\0")
    write("page_token", "made-last", b"\1\x29\x02" + b"abcdefghijkl")
    write("page_token", "foreign", b"\0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_")
    write("page_token", "foreign-padding", b"\0AAAA==")
    for at, text in enumerate(DECLARATIONS):
        write("contract", "lines-%d" % at, text.encode())
    for at, text in enumerate(DESCRIPTORS):
        answer = encode("governance", "shop.governance.v1.GetContractResponse",
                        'descriptor_set: "%s" %s' % (octal(encode_descriptors(text)), SUMMARIES))
        write("descriptors", "server-%d-text" % at, b"\0" + answer)
        write("descriptors", "server-%d-names" % at, b"\1" + answer)
    print("%d files" % sum(len(files) for _, _, files in os.walk(CORPUS)))


if __name__ == "__main__":
    main()
