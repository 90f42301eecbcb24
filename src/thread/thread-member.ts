/**
 * The parent's view of one worker: its thread, its notices, its messages.
 *
 * An outcome that travels as a message is sent before its notice, and in Node it has arrived by then. In Deno it may
 * have left the port without being delivered: the port can't be polled for it, only the event loop delivers it. So in
 * Deno the call waits for the event loop.
 */
import { ShapeReader, SHAPE_REGION_BYTES } from '../codec/shapes.ts';
import type { PoolWorker } from '../executor/pool-worker.ts';
import { CompletionReader } from './completion-ring.ts';
import type { SharedMemory, ThreadHandle } from './thread-handle.ts';

export const messagesLag = process.versions['deno'] !== undefined;
/** Milliseconds after which such a message counts as lost: it could not be rebuilt. */
const LAG = 1000;

export class ThreadMember {
  readonly index: number;
  readonly worker: PoolWorker;
  readonly notices: CompletionReader;
  readonly shapes: ShapeReader;
  readonly thread: ThreadHandle;
  /** Outcomes that came as messages, by entry, before their notices. */
  readonly #outcomes = new Map<number, unknown>();
  /** The continuation for a message that comes after its notice. */
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

  /** True if the outcome that was sent before the notice has not arrived; `then` is called when it has. */
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

  /** The worker is gone; its calls are settled in another way. */
  forgetLate(): void {
    for (const { timer } of this.#late.values()) clearTimeout(timer);
    this.#late.clear();
  }

  /** The outcome that was sent before the notice for this call. @throws Error if it could not be rebuilt. */
  takeOutcome(entry: number): unknown {
    // It was sent before the notice, so it has arrived, unless it could not be rebuilt.
    while (!this.#outcomes.has(entry)) {
      if (!this.thread.deliver()) throw new Error('it arrived damaged.');
    }
    const value = this.#outcomes.get(entry);
    this.#outcomes.delete(entry);
    return value;
  }
}
