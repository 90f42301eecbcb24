/** Marks the parts of a task's result that are moved instead of copied. */
import { defineProperty, hasOwn, isArray, symbolFor } from '../util/primordials.ts';
import { invalidType } from '../util/validate.ts';

const brand = symbolFor('concurrent-futures.transfer');

/** The object that {@link transfer} returns in a task, in place of the value itself. */
export class TransferredResult {
  readonly value: unknown;
  readonly list: readonly object[];

  constructor(value: unknown, list: readonly object[]) {
    this.value = value;
    this.list = list;
    defineProperty(this, brand, { __proto__: null, value: true });
  }
}

/**
 * Marks a task's result, so that the buffers, ports and streams in `list` are moved to the caller instead of copied.
 * The task returns the result of this function.
 *
 * The future gets `value`. An `InlineExecutor` moves nothing, because it copies nothing.
 *
 * @param value - the result of the task.
 * @param list - the parts of `value` to move.
 * @throws `TypeError` if `list` is no array of objects.
 * @example
 * ```ts
 * import { ThreadPoolExecutor, transfer } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * const pixels = await pool.submit((size: number) => {
 *   const made = new Uint8Array(size);
 *   return transfer(made, [made.buffer]);
 * }, 1_000_000);
 * console.log(pixels.length); // 1000000
 * ```
 */
export function transfer<T>(value: T, list: readonly object[]): T {
  if (!isListOfObjects(list)) throw invalidType('list', 'an array of transferable objects', list);
  // The type is that of the caller's value; the marker is removed on the way.
  return new TransferredResult(value, list) as T;
}

export function isTransferred(value: unknown): value is TransferredResult {
  return typeof value === 'object' && value !== null && hasOwn(value, brand);
}

function isListOfObjects(list: unknown): boolean {
  if (!isArray(list)) return false;
  for (let i = 0; i < list.length; i++) {
    const each: unknown = list[i];
    if (typeof each !== 'object' || each === null) return false;
  }
  return true;
}
