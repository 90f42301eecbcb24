/**
 * A gate: tasks that wait at it go on when the test opens it, so that a test can hold workers busy for
 * exactly as long as it needs to. It works for workers of every kind, as a task only needs its address:
 *
 *     the task connects and says which gate it is at       -> arrived
 *     the gate is open, or is opened                       -> the task is told, and goes on
 *     the connection is closed, also by the worker's death -> left
 *
 * One server on the loopback interface serves all gates of a process, so nothing is left behind, however
 * the process ends. It holds the process only while a test waits for something to happen at a gate.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const gates = new Map<string, (socket: Socket) => void>();

const server = createServer((socket) => {
  socket.unref();
  socket.setEncoding('latin1');
  // The connection of a worker that is killed may be reset. That it has left is told by its end.
  socket.on('error', () => {});
  let name = '';
  socket.on('data', (text: string) => {
    name += text;
    if (name.endsWith('\n')) gates.get(name.trimEnd())?.(socket);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as AddressInfo;

let waiters = 0;

/** What `promise` resolves with; the server holds the process meanwhile. */
async function holding(promise: Promise<void>): Promise<void> {
  if (waiters++ === 0) server.ref();
  await promise;
  if (--waiters === 0) server.unref();
}

export class Gate {
  /** What is sent to a task: plain data. */
  readonly address: string;
  #arrived = 0;
  #left = 0;
  #open = false;
  readonly #waiting = new Set<Socket>();
  /** Called at every change, once. */
  #listeners: (() => void)[] = [];

  constructor() {
    const name = String(gates.size);
    this.address = `${port}/${name}`;
    gates.set(name, (socket) => this.#admit(socket));
  }

  /** How many tasks have reached the gate. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Resolves when `count` tasks have reached the gate. */
  async whenArrived(count: number): Promise<void> {
    while (this.#arrived < count) await holding(this.#change());
  }

  /** Resolves when `count` of those that arrived are gone, whether they were let through or died. */
  async whenLeft(count: number): Promise<void> {
    while (this.#left < count) await holding(this.#change());
  }

  /** Tells whoever waits here before it returns, so this thread may block right after it. */
  open(): void {
    this.#open = true;
    for (const socket of this.#waiting) socket.end('open');
    this.#waiting.clear();
  }

  #admit(socket: Socket): void {
    socket.on('close', () => {
      this.#waiting.delete(socket);
      this.#left++;
      this.#changed();
    });
    if (this.#open) socket.end('open');
    else this.#waiting.add(socket);
    this.#arrived++;
    this.#changed();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #changed(): void {
    for (const listener of this.#listeners.splice(0)) listener();
  }
}
