/**
 * A worker of the pool, as the parent sees it: its thread, its notices, its messages.
 *
 * An outcome that travels as a message is sent before the notice that speaks of it, and Node has it at
 * hand by then. In Deno it may have left the port and not been delivered: no look at the port finds
 * it, and only the event loop brings it. There the call waits for that.
 */
import { ShapeReader, SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import { CompletionReader } from './completion-ring.ts';
import type { SharedMemory, ThreadHandle } from './thread-handle.ts';

export const messagesLag = process.versions['deno'] !== undefined;
/** Milliseconds after which such a message is not expected any more: it fell to pieces on the way. */
const LAG = 1000;

export class ThreadMember {
  readonly index: number;
  readonly worker: PoolWorker;
  readonly notices: CompletionReader;
  readonly shapes: ShapeReader;
  readonly thread: ThreadHandle;
  /** Outcomes that came as messages, by entry, ahead of the notices that speak of them. */
  readonly #outcomes = new Map<number, unknown>();
  /** What goes on when such a message comes behind its notice. */
  readonly #late = new Map<number, { timer: NodeJS.Timeout; go: () => void }>();

  constructor(
    worker: PoolWorker,
    { memory, words, layout }: SharedMemory,
    startThread: (member: ThreadMember) => ThreadHandle,
  ) {
    const { index } = worker;
    this.index = index;
    this.worker = worker;
    this.notices = new CompletionReader(words, layout, index);
    this.shapes = new ShapeReader(new DataView(memory, layout.shapes(index), SHAPE_REGION_BYTES));
    this.thread = startThread(this);
  }

  keepOutcome(entry: number, value: unknown): void {
    this.#outcomes.set(entry, value);
    this.#late.get(entry)?.go();
  }

  /** Whether the outcome that was sent before the notice is yet to come; `then` is called when it has. */
  isLate(entry: number, then: () => void): boolean {
    while (!this.#outcomes.has(entry) && this.thread.deliver());
    if (this.#outcomes.has(entry)) return false;
    const go = (): void => {
      clearTimeout(timer);
      this.#late.delete(entry);
      then();
    };
    const timer = setTimeout(go, LAG);
    this.#late.set(entry, { timer, go });
    return true;
  }

  /** Its worker is gone, and its calls are seen to otherwise. */
  forgetLate(): void {
    for (const { timer } of this.#late.values()) clearTimeout(timer);
    this.#late.clear();
  }

  /** The outcome that was sent before the notice for this call. @throws Error if it could not be rebuilt. */
  takeOutcome(entry: number): unknown {
    // It was sent before the notice that we have got, so it is here, unless it fell to pieces on the way.
    while (!this.#outcomes.has(entry)) {
      if (!this.thread.deliver()) throw new Error('it arrived damaged.');
    }
    const value = this.#outcomes.get(entry);
    this.#outcomes.delete(entry);
    return value;
  }
}
