// A client that knows nothing of ours but README's section "The wire" and the .proto files: a plain
// TCP socket, SP request/reply by hand, and protobufjs. If this fails, either the server or the
// documentation is wrong.
//
//     node client.mjs PROTO_DIRECTORY NODE_MODULES tcp://HOST:PORT TOKEN_FILE
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";

const [protoDirectory, modules, url, tokenFile] = process.argv.slice(2);
const protobuf = createRequire(path.join(modules, "x.js"))("protobufjs");

const REQ = 0x30;
const REP = 0x31;
const GREETING_BYTES = 8;
const REPLY_BYTES_MAX = 4 << 20;

/** The contract. What only the C generator needs is left out. */
function loadContract() {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => {
    if (target.startsWith("protobuf-c/")) return null;
    if (target.startsWith("google/")) return path.join("/usr/include", target);
    return path.isAbsolute(target) ? target : path.join(protoDirectory, target);
  };
  const files = readdirSync(protoDirectory).filter((name) => name.endsWith(".proto"));
  return root.loadSync(files, { keepCase: true });
}

/** A time-ordered UUID, version 7. */
function uuid7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** One SP connection with one request in flight, which is all that a REQ socket has. */
class Connection {
  constructor(address) {
    const [, host, port] = address.match(/^tcp:\/\/(.*):(\d+)$/);
    this.received = Buffer.alloc(0);
    this.wanted = [];
    this.requestId = randomBytes(4).readUInt32BE() & 0x7fffffff;
    this.socket = net.connect(Number(port), host);
    this.socket.on("data", (data) => {
      this.received = Buffer.concat([this.received, data]);
      this.serve();
    });
    this.socket.on("error", (error) => this.fail(error));
    this.socket.on("close", () => this.fail(new Error("the server closed the connection")));
  }

  fail(error) {
    for (const { reject } of this.wanted.splice(0)) reject(error);
  }

  serve() {
    while (this.wanted.length > 0 && this.received.length >= this.wanted[0].count) {
      const { count, resolve } = this.wanted.shift();
      resolve(this.received.subarray(0, count));
      this.received = this.received.subarray(count);
    }
  }

  read(count) {
    return new Promise((resolve, reject) => {
      this.wanted.push({ count, resolve, reject });
      this.serve();
    });
  }

  async greet() {
    this.socket.write(Buffer.from([0, 0x53, 0x50, 0, 0, REQ, 0, 0]));
    const greeting = await this.read(GREETING_BYTES);
    assert.deepEqual([...greeting], [0, 0x53, 0x50, 0, 0, REP, 0, 0], "the server's greeting");
  }

  /** Sends one message body and gives that of the reply. */
  async exchange(body) {
    const head = Buffer.alloc(12);
    this.requestId = (this.requestId + 1) & 0x7fffffff;
    head.writeBigUInt64BE(BigInt(body.length + 4), 0);
    head.writeUInt32BE((this.requestId | 0x80000000) >>> 0, 8);
    this.socket.write(Buffer.concat([head, body]));
    const length = Number((await this.read(8)).readBigUInt64BE());
    assert(length >= 4 && length <= REPLY_BYTES_MAX, `a reply of ${length} bytes`);
    const reply = await this.read(length);
    assert.equal(reply.readUInt32BE(0), (this.requestId | 0x80000000) >>> 0, "the request's id");
    return reply.subarray(4);
  }

  close() {
    this.socket.removeAllListeners("close");
    this.socket.end();
  }
}

class Client {
  constructor(contract, connection, token) {
    this.contract = contract;
    this.connection = connection;
    this.token = token;
    this.Batch = contract.lookupType("shop.Batch");
    this.Replies = contract.lookupType("shop.Replies");
  }

  encode(type, value) {
    const message = this.contract.lookupType(type);
    return message.encode(message.fromObject(value)).finish();
  }

  decode(type, bytes) {
    const message = this.contract.lookupType(type);
    return message.toObject(message.decode(bytes), { longs: String, enums: String });
  }

  /** Sends calls as one batch; their replies in the order of the calls. */
  async batch(calls) {
    const body = this.Batch.encode(this.Batch.fromObject({ call: calls })).finish();
    const replies = this.Replies.decode(await this.connection.exchange(Buffer.from(body))).reply;
    assert.equal(replies.length, calls.length, "one reply for each call");
    const byId = new Map(replies.map((reply) => [reply.id, reply]));
    return calls.map((call) => {
      assert(byId.has(call.id), `a reply to call ${call.id}`);
      return byId.get(call.id);
    });
  }

  async one(call) {
    return (await this.batch([{ id: 1, ...call }]))[0];
  }
}

async function manyReadsInOneBatch(client) {
  const request = client.encode("shop.governance.v1.GetServerInfoRequest", {});
  for (const count of [1, 2, 300, 1024]) {
    const calls = Array.from({ length: count }, (_, i) => (
      { id: i * 7 + 1, method: "governance.GetServerInfo", request }));
    for (const reply of await client.batch(calls)) {
      assert.equal(reply.status, null);
      const info = client.decode("shop.governance.v1.ServerInfo", reply.response);
      assert.match(info.version, /^shopd /);
      assert(info.method_count > 50);
    }
  }
}

async function productOf(client, brand) {
  return client.encode("shop.catalog.v1.CreateProductRequest", {
    product: { brand, titles: [{ language: "en", text: "Tea" }, { language: "zh", text: "茶" }] },
  });
}

async function aWriteHappensOnce(client) {
  const call = {
    method: "catalog.CreateProduct", token: client.token, request_id: uuid7(),
    request: await productOf(client, "Kiln"),
  };
  const first = await client.one(call);
  assert.equal(first.status, null);
  const product = client.decode("shop.catalog.v1.Product", first.response);
  assert.equal(product.titles[1].text, "茶");

  const again = await client.one({ ...call, id: 77 });
  assert.equal(again.status, null);
  assert.deepEqual(Buffer.from(again.response), Buffer.from(first.response), "the same bytes");

  const other = await client.one({ ...call, request: await productOf(client, "Other") });
  assert.equal(other.status.code, 3);
  assert.equal(other.status.reason, "REQUEST_ID_REUSED");

  const read = await client.one({
    method: "catalog.GetProduct", token: client.token, min_sequence: first.sequence,
    request: client.encode("shop.catalog.v1.GetProductRequest", { id: product.id }),
  });
  assert.equal(read.status, null);
  assert.equal(client.decode("shop.catalog.v1.Product", read.response).brand, "Kiln");
}

async function severalWritesInOneBatch(client) {
  const calls = await Promise.all(Array.from({ length: 20 }, async (_, i) => ({
    id: i, method: "catalog.CreateProduct", token: client.token, request_id: uuid7(),
    request: await productOf(client, `Brand ${i}`),
  })));
  const replies = await client.batch(calls);
  const ids = new Set(replies.map((reply) => {
    assert.equal(reply.status, null);
    return client.decode("shop.catalog.v1.Product", reply.response).id;
  }));
  assert.equal(ids.size, calls.length);
}

async function errorsSayWhy(client) {
  const search = client.encode("shop.catalog.v1.SearchProductsRequest", {});
  const unset = await client.one({ method: "catalog.SearchProducts", request: search });
  assert.equal(unset.status.code, 3);
  assert.equal(unset.status.reason, "REQUIRED");
  assert.deepEqual(unset.status.violation.map((v) => v.field), ["query"]);

  const nothing = client.encode("shop.catalog.v1.GetProductRequest", { id: "none" });
  const cases = [
    [{ method: "catalog.GetProduct", request: nothing }, 5, "PRODUCT_NOT_FOUND"],
    [{ method: "governance.Verify" }, 16, "TOKEN_MISSING"],
    [{ method: "catalog.Nothing" }, 12, "METHOD_NOT_FOUND"],
    [{ method: "catalog.GetProduct", request: Buffer.from([0xff]) }, 3, "MALFORMED_MESSAGE"],
    [{ method: "catalog.CreateProduct", token: client.token,
      request: await productOf(client, "x") }, 3, "REQUEST_ID_MISSING"],
  ];
  for (const [call, code, reason] of cases) {
    const reply = await client.one(call);
    assert.equal(reply.status?.code, code, call.method);
    assert.equal(reply.status.reason, reason);
    assert.notEqual(reply.status.message, "");
    assert.equal(reply.status.domain, "shop");
  }
}

async function main() {
  const token = Buffer.from(readFileSync(tokenFile, "utf8").trim());
  const connection = new Connection(url);
  const client = new Client(loadContract(), connection, token);
  await connection.greet();
  for (const test of [
    manyReadsInOneBatch, aWriteHappensOnce, severalWritesInOneBatch, errorsSayWhy,
  ]) {
    await test(client);
    console.log(`ok ${test.name}`);
  }
  connection.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
