/**
 * A gate: tasks wait at it until the test opens it, so that a test can hold workers busy for exactly as long as it
 * needs to. It works for workers of every kind, because a task only needs its address:
 *
 *     the task connects and names its gate                 -> arrived
 *     the gate is open, or is opened                       -> a message to the task, which goes on
 *     the connection is closed, also by the worker's death -> left
 *
 * One server on the loopback interface serves all gates of a process, so nothing is left behind by any end of the
 * process. It keeps the process alive only while a test waits for an event at a gate.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

const gates = new Map<string, (socket: Socket) => void>();

const server = createServer((socket) => {
  socket.unref();
  socket.setEncoding('latin1');
  // The connection of a killed worker may be reset. Its end reports that the worker has left.
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

/** Waits for `promise` while the server keeps the process alive. */
async function holding(promise: Promise<void>): Promise<void> {
  if (waiters++ === 0) server.ref();
  await promise;
  if (--waiters === 0) server.unref();
}

export class Gate {
  /** The address for tasks: plain data. */
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

  /** The number of tasks that have reached the gate. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Resolves when `count` tasks have reached the gate. */
  async whenArrived(count: number): Promise<void> {
    while (this.#arrived < count) await holding(this.#change());
  }

  /** Resolves when `count` of the arrived tasks are gone, passed through or dead. */
  async whenLeft(count: number): Promise<void> {
    while (this.#left < count) await holding(this.#change());
  }

  /** Notifies the waiting tasks before it returns, so this thread may block right after it. */
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
