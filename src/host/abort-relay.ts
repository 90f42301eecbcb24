/** Sends aborts of runs to the workers of this host; see `call-signals.ts` for their side. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { AbortMessage } from './call-signals.ts';

export class AbortRelay {
  /** The path at which workers connect. */
  readonly path: string;
  readonly #folder: string | undefined;
  readonly #server: Server;
  readonly #workers = new Set<Socket>();
  /** The current aborts, by run: a worker that connects late gets them first. */
  readonly #current = new Map<string, string>();

  private constructor(path: string, folder: string | undefined) {
    this.path = path;
    this.#folder = folder;
    this.#server = createServer((worker) => {
      this.#workers.add(worker);
      worker.on('error', () => {}).on('close', () => this.#workers.delete(worker));
      for (const line of this.#current.values()) worker.write(line);
    });
  }

  static async open(): Promise<AbortRelay> {
    const onWindows = process.platform === 'win32';
    // No other user may enter the folder, so no other can connect.
    const folder = onWindows ? undefined : await mkdtemp(join(tmpdir(), 'cf-host-'));
    const path =
      folder === undefined ? `\\\\.\\pipe\\cf-host-${randomUUID()}` : join(folder, 'aborts');
    const relay = new AbortRelay(path, folder);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject).listen(path, resolve);
    });
    return relay;
  }

  abort(message: AbortMessage): void {
    const line = `${JSON.stringify(message)}\n`;
    this.#current.set(message.run, line);
    for (const worker of this.#workers) worker.write(line);
  }

  forget(run: string): void {
    this.#current.delete(run);
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }
}
