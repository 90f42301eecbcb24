/**
 * A worker's place in the pool, as the parent sees it: its thread, its notices, its messages.
 *
 * An outcome that travels as a message is sent before the notice that speaks of it, and Node has it at
 * hand by then. In Deno it may have left the port and not been delivered: no look at the port finds
 * it, and only the event loop brings it. There the call waits for that.
 */
import { ShapeReader, SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import type { Future } from '../future/future.ts';
import { CompletionReader } from './completion-ring.ts';
import type { Layout } from './layout.ts';
import type { RelayHost } from '../executor/relay-host.ts';
import type { ThreadHandle } from './thread-handle.ts';

export const messagesLag = process.versions['deno'] !== undefined;
/** Milliseconds after which such a message is not expected any more: it fell to pieces on the way. */
const LAG = 1000;

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
  /** What goes on when such a message comes behind its notice. */
  readonly #late = new Map<number, { timer: NodeJS.Timeout; go: () => void }>();

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
    this.#late.get(slot)?.go();
  }

  /** Whether the outcome that was sent before the notice is yet to come; `then` is called when it has. */
  isLate(slot: number, then: (lane: Lane, slot: number) => void): boolean {
    while (!this.#outcomes.has(slot) && this.thread.deliver());
    if (this.#outcomes.has(slot)) return false;
    const go = (): void => {
      clearTimeout(timer);
      this.#late.delete(slot);
      then(this, slot);
    };
    const timer = setTimeout(go, LAG);
    this.#late.set(slot, { timer, go });
    return true;
  }

  /** Its worker is gone, and its calls are seen to otherwise. */
  forgetLate(): void {
    for (const { timer } of this.#late.values()) clearTimeout(timer);
    this.#late.clear();
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
