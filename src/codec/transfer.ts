/** Marks what of a task's result is to be moved instead of copied. */
import { defineProperty, hasOwn, isArray, symbolFor } from '../util/primordials.ts';
import { invalidType } from '../util/validate.ts';

const brand = symbolFor('concurrent-futures.transfer');

/** What {@link transfer} returns in a task, in place of the value itself. */
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
 * For the `return` of a task: its caller gets `value`, and the buffers, ports and streams in `list`
 * are moved there instead of copied. In an `InlineExecutor` nothing needs to move.
 *
 * @throws TypeError if `list` is no array of objects.
 * @example `return transfer(pixels, [pixels.buffer])`
 */
export function transfer<T>(value: T, list: readonly object[]): T {
  if (!isListOfObjects(list)) throw invalidType('list', 'an array of transferable objects', list);
  // The type says what the caller of the task will see; the marker is taken off on the way.
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
