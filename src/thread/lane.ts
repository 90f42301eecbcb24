/** A worker's place in the pool, as the parent sees it: its thread, its notices, its messages. */
import { ShapeReader, SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import type { Future } from '../future/future.ts';
import { CompletionReader } from './completion-ring.ts';
import type { Layout } from './layout.ts';
import type { RelayHost } from './relay-host.ts';
import type { ThreadHandle } from './thread-handle.ts';

export class Lane {
  readonly index: number;
  readonly notices: CompletionReader;
  readonly shapes: ShapeReader;
  readonly thread: ThreadHandle;
  /** Calls that the worker's own tasks submit to the pool. */
  readonly relay: RelayHost;
  ready = false;
  /** The last call that was given to just this worker: lost with it, if it dies before it begins it. */
  reservedFor: Future<unknown> | undefined = undefined;
  /** Outcomes that came as messages, ahead of the notices that speak of them. */
  readonly #outcomes = new Map<number, unknown>();

  constructor(
    index: number,
    memory: SharedArrayBuffer,
    words: Int32Array,
    layout: Layout,
    thread: ThreadHandle,
    relay: RelayHost,
  ) {
    this.index = index;
    this.notices = new CompletionReader(words, layout, index);
    this.shapes = new ShapeReader(new DataView(memory, layout.shapes(index), SHAPE_REGION_BYTES));
    this.thread = thread;
    this.relay = relay;
  }

  keepOutcome(slot: number, value: unknown): void {
    this.#outcomes.set(slot, value);
  }

  /** The outcome that was sent before the notice for this slot. @throws Error if it could not be rebuilt. */
  takeOutcome(slot: number): unknown {
    // It was sent before the notice that we have got, so it is here, unless it fell to pieces on the way.
    while (!this.#outcomes.has(slot)) {
      if (!this.thread.deliver()) throw new Error('it arrived damaged.');
    }
    const value = this.#outcomes.get(slot);
    this.#outcomes.delete(slot);
    return value;
  }
}
