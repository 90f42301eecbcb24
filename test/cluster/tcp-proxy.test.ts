/** A proxy that fails on demand, before a server that sends back what it gets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startTcpProxy } from '../support/tcp-proxy.js';

const HOUR = 3_600_000;

interface Echo {
  readonly url: string;
  /** What has arrived there. */
  readonly heard: readonly string[];
  /** Its ends of the connections. */
  readonly sockets: ReadonlySet<Socket>;
}

/** A server that sends back what it gets. */
async function startEcho(t: TestContext): Promise<Echo> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard.push(String(bytes));
      socket.write(bytes);
    });
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}/0`,
    heard,
    sockets,
  };
}

class Client {
  readonly socket: Socket;
  #received = '';

  constructor(t: TestContext, url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.setNoDelay().on('error', () => {});
    this.socket.on('data', (bytes) => (this.#received += String(bytes)));
    t.after(() => this.socket.destroy());
  }

  get received(): string {
    return this.#received;
  }

  async says(text: string): Promise<void> {
    while (this.#received.length < text.length) await once(this.socket, 'data');
    assert.equal(this.#received, text);
  }
}

/** Resolves when what was sent before would have arrived, had it been let through. */
async function goAround(t: TestContext, url: string): Promise<void> {
  const direct = new Client(t, url);
  for (let sent = '.'; sent.length <= 10; sent += '.') {
    direct.socket.write('.');
    await direct.says(sent);
  }
}

test('bytes pass both ways, and the URL differs in the port only', async (t) => {
  const { url } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const client = new Client(t, proxy.url);
  client.socket.write('hello');
  await client.says('hello');
  assert.equal(proxy.url.replace(/:\d+\//, ''), url.replace(/:\d+\//, ''));
  assert.notEqual(proxy.url, url);
});

test('a blackhole passes nothing and keeps everything', async (t) => {
  const { url, heard } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const client = new Client(t, proxy.url);
  client.socket.write('a');
  await client.says('a');
  proxy.blackhole();
  client.socket.write('b');
  await goAround(t, url);
  assert.ok(!heard.includes('b'));
  assert.equal(client.socket.closed, false);
  await proxy.heal();
  await client.says('ab');
});

test('a blackhole holds what the server sends as well', async (t) => {
  const { url, sockets } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const client = new Client(t, proxy.url);
  client.socket.write('a');
  await client.says('a');
  proxy.blackhole();
  for (const socket of sockets) socket.write('b');
  await goAround(t, url);
  assert.equal(client.received, 'a');
  await proxy.heal();
  await client.says('ab');
});

test('a connection made in a blackhole is accepted, and reaches the server afterwards', async (t) => {
  const { url, heard } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  proxy.blackhole();
  const client = new Client(t, proxy.url);
  await once(client.socket, 'connect');
  client.socket.write('late');
  await goAround(t, url);
  assert.ok(!heard.includes('late'));
  await proxy.heal();
  await client.says('late');
});

test('a cut ends connections and refuses new ones, until it is healed', async (t) => {
  const { url } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const before = new Client(t, proxy.url);
  before.socket.write('a');
  await before.says('a');
  const closed = once(before.socket, 'close');
  await proxy.cut();
  await closed;
  const [error] = (await once(new Client(t, proxy.url).socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
  await proxy.heal();
  const after = new Client(t, proxy.url);
  after.socket.write('b');
  await after.says('b');
});

test('a delay keeps the order, even when it gets shorter', async (t) => {
  const { url, heard } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const client = new Client(t, proxy.url);
  proxy.delay(2);
  client.socket.write('a');
  await client.says('a');
  proxy.delay(HOUR);
  client.socket.write('b');
  await goAround(t, url);
  proxy.delay(0);
  client.socket.write('c');
  await goAround(t, url);
  assert.ok(!heard.some((text) => /[bc]/.test(text)));
});

test('an orderly end arrives behind the last bytes', async (t) => {
  const { url } = await startEcho(t);
  const proxy = await startTcpProxy(t, url);
  const client = new Client(t, proxy.url);
  proxy.delay(5);
  client.socket.end('goodbye');
  await once(client.socket, 'close');
  assert.equal(client.received, 'goodbye');
});

test('who reaches no server is told', async (t) => {
  const proxy = await startTcpProxy(t, 'redis://127.0.0.1:1');
  const client = new Client(t, proxy.url);
  await once(client.socket, 'close');
  assert.equal(client.received, '');
});
