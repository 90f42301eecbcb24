/**
 * A worker's notices for the parent: a ring with one writer and one reader.
 *
 * The ring can't overflow: it has room for every notice of all slots. So a worker never waits for the parent.
 */
import { atomicsLoad, atomicsStore } from '../util/primordials.ts';
import { COMPLETION_ENTRIES, type Layout, WorkerWord } from './layout.ts';

const MASK = COMPLETION_ENTRIES - 1;

/** The worker's end. */
export class CompletionWriter {
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #tailWord: number;
  #tail: number;

  constructor(words: Int32Array, layout: Layout, index: number) {
    this.#words = words;
    this.#entries = layout.completions(index);
    this.#tailWord = layout.workerWords(index) + WorkerWord.Completed;
    this.#tail = atomicsLoad(words, this.#tailWord);
  }

  push(notice: number): void {
    this.#words[this.#entries + (this.#tail & MASK)] = notice;
    this.#tail = (this.#tail + 1) | 0;
    atomicsStore(this.#words, this.#tailWord, this.#tail);
  }
}

/** The parent's end. */
export class CompletionReader {
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #tailWord: number;
  #head: number;

  constructor(words: Int32Array, layout: Layout, index: number) {
    this.#words = words;
    this.#entries = layout.completions(index);
    this.#tailWord = layout.workerWords(index) + WorkerWord.Completed;
    this.#head = atomicsLoad(words, this.#tailWord);
  }

  hasNotice(): boolean {
    return this.#head !== atomicsLoad(this.#words, this.#tailWord);
  }

  /** Call it only after {@link hasNotice} returned true. */
  take(): number {
    const notice = this.#words[this.#entries + (this.#head & MASK)] as number;
    this.#head = (this.#head + 1) | 0;
    return notice;
  }
}
