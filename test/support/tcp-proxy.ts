/**
 * A proxy between a client and a server that fails like networks do: it ends connections, swallows bytes without ending
 * connections, or delays bytes.
 *
 * Bytes are never lost and never change their order. A connection made while nothing passes is accepted, like the
 * operating system does, and continues to the server when bytes pass again.
 */
import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { randomPort } from '#scripts/redis.mjs';

const MOST_PORTS = 20;

export interface TcpProxy {
  /** The URL of the server, by way of the proxy. */
  readonly url: string;
  /** Ends all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps connections open, and keeps all bytes from either side. */
  blackhole(): void;
  /** Existing connections become silent for good, as if a router had forgotten them; new ones pass. */
  strand(): void;
  /** Resolves when bytes with this text are kept, of connections made before a `blackhole()`. */
  whenKept(text: string): Promise<void>;
  /** Ends a `cut()` or a `blackhole()`, and sends the kept bytes. */
  heal(): Promise<void>;
  /** Resolves when a client has sent this text, which does not arrive: it ends that connection, once. */
  breakAt(text: string): Promise<void>;
  /** Every byte takes this long from now on, each way. */
  delay(milliseconds: number): void;
}

/** @param target - the URL of the server, with the port. */
export async function startTcpProxy(t: TestContext, target: string): Promise<TcpProxy> {
  const proxy = new OwnProxy(new URL(target));
  await proxy.open();
  t.after(async () => {
    // Connections that are closed now still send their end to the server.
    await proxy.heal();
    t.after(() => proxy.cut());
  });
  return proxy;
}

interface Rules {
  /** True if new connections are held. */
  held: boolean;
  delay: number;
  /** The bytes of a client that end its connection. */
  fatal: string | undefined;
}

class OwnProxy implements TcpProxy {
  readonly #target: URL;
  readonly #rules: Rules = { held: false, delay: 0, fatal: undefined };
  readonly #links = new Set<Link>();
  readonly #changes = new EventEmitter();
  readonly #stranded: Link[] = [];
  #server: Server | undefined = undefined;
  #port = 0;

  constructor(target: URL) {
    this.#target = target;
  }

  get url(): string {
    const address = new URL(this.#target);
    address.hostname = '127.0.0.1';
    address.port = String(this.#port);
    return address.href;
  }

  /** On its earlier port; the first time on any free one. */
  async open(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
      this.#accept(client),
    );
    const first = this.#port === 0;
    for (let attempt = 1; ; attempt++) {
      if (first) this.#port = randomPort();
      try {
        server.listen(this.#port, '127.0.0.1');
        await once(server, 'listening');
        break;
      } catch (error) {
        if (!first || attempt === MOST_PORTS) throw error;
      }
    }
    this.#server = server;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const link of [...this.#links, ...this.#stranded.splice(0)]) link.destroy();
    await closed;
  }

  blackhole(): void {
    this.#rules.held = true;
    for (const link of this.#links) link.hold();
  }

  strand(): void {
    for (const link of this.#links) link.hold();
    this.#stranded.push(...this.#links);
    this.#links.clear();
  }

  async whenKept(text: string): Promise<void> {
    while (![...this.#links].some((link) => link.keeps(text))) await once(this.#changes, 'kept');
  }

  async breakAt(text: string): Promise<void> {
    this.#rules.fatal = text;
    await once(this.#changes, 'broken');
  }

  async heal(): Promise<void> {
    this.#rules.held = false;
    for (const link of this.#links) link.pass();
    if (this.#server === undefined) await this.open();
  }

  delay(milliseconds: number): void {
    this.#rules.delay = milliseconds;
  }

  #accept(client: Socket): void {
    const { hostname: host, port } = this.#target;
    const reach = (): Socket => connect({ host, port: Number(port), allowHalfOpen: true });
    const link = new Link(client, reach, this.#rules, {
      over: () => this.#links.delete(link),
      kept: () => this.#changes.emit('kept'),
      broken: () => this.#changes.emit('broken'),
    });
    this.#links.add(link);
    if (!this.#rules.held) link.pass();
  }
}

interface Watcher {
  over(): void;
  kept(): void;
  broken(): void;
}

/** A connection of a client, and the matching one to the server: made as soon as bytes may pass. */
class Link {
  readonly #client: Socket;
  readonly #reach: () => Socket;
  readonly #rules: Rules;
  readonly #watcher: Watcher;
  #held = true;
  #server: Socket | undefined = undefined;
  #directions: readonly Direction[] = [];

  constructor(client: Socket, reach: () => Socket, rules: Rules, watcher: Watcher) {
    this.#client = client;
    this.#reach = reach;
    this.#rules = rules;
    this.#watcher = watcher;
    this.#watch(client);
  }

  hold(): void {
    this.#held = true;
    for (const direction of this.#directions) direction.hold();
  }

  pass(): void {
    this.#held = false;
    this.#server ??= this.#connect();
    for (const direction of this.#directions) direction.pass();
    this.#client.resume();
  }

  keeps(text: string): boolean {
    return this.#held && this.#directions.some((direction) => direction.text().includes(text));
  }

  destroy(): void {
    this.#client.destroy();
    this.#server?.destroy();
    for (const direction of this.#directions) direction.hold();
  }

  #connect(): Socket {
    const server = this.#reach();
    this.#watch(server);
    const state = { delay: () => this.#rules.delay, isHeld: () => this.#held };
    const kept = (): void => this.#watcher.kept();
    this.#directions = [
      new Direction(this.#client, server, {
        ...state,
        kept,
        isFatal: (bytes) => this.#isFatal(bytes),
      }),
      new Direction(server, this.#client, { ...state, kept, isFatal: () => false }),
    ];
    return server;
  }

  #isFatal(bytes: Buffer): boolean {
    const { fatal } = this.#rules;
    if (fatal === undefined || !bytes.includes(fatal)) return false;
    this.#rules.fatal = undefined;
    this.destroy();
    this.#watcher.broken();
    return true;
  }

  /** An orderly end travels like the last byte; any other ends both sides at once. */
  #watch(socket: Socket): void {
    socket.on('error', () => this.destroy());
    socket.once('close', () => {
      if (this.#client.closed && this.#server?.closed !== false) this.#watcher.over();
    });
  }
}

interface LinkState {
  delay(): number;
  isHeld(): boolean;
  kept(): void;
  isFatal(bytes: Buffer): boolean;
}

/** One direction of a link. It has no limit: tests send little. */
class Direction {
  readonly #to: Socket;
  readonly #link: LinkState;
  /** Undefined bytes are the end. The order stays, even if a later entry is due earlier. */
  readonly #queue: { readonly bytes: Buffer | undefined; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(from: Socket, to: Socket, link: LinkState) {
    this.#to = to;
    this.#link = link;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('end', () => this.#take(undefined));
  }

  hold(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  pass(): void {
    if (this.#timer !== undefined) return;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const left = next.due - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.pass();
        }, left);
        return;
      }
      this.#queue.shift();
      if (next.bytes === undefined) this.#to.end();
      else this.#to.write(next.bytes);
    }
  }

  /** The text in the queue. */
  text(): string {
    return Buffer.concat(this.#queue.flatMap(({ bytes = [] }) => bytes)).toString('latin1');
  }

  #take(bytes: Buffer | undefined): void {
    if (bytes !== undefined && this.#link.isFatal(bytes)) return;
    this.#queue.push({ bytes, due: performance.now() + this.#link.delay() });
    if (this.#link.isHeld()) this.#link.kept();
    else this.pass();
  }
}
