/**
 * What the language's own functions may be given by whoever can submit a call: what they make of it has to be as large as what was
 * said, and they were not made to be called by strangers.
 *
 * A list with four billion holes is written in twenty letters, and becomes gigabytes, or ends the process, where it is made a
 * text or taken for a list of things to be moved. A list whose two items are one list whose two items are one list, and so on, is
 * doubled by each level where it is made a text. So neither is given to them. Modules that are allowed get both: what
 * they do with them is theirs.
 */
import { types } from 'node:util';
import { PicklingError } from '../errors.ts';

/** @throws PicklingError (`ERR_NOT_ALLOWED`) */
export function checkPureArguments(args: readonly unknown[], task: string): void {
  const seen = new Set<object>();
  const due: unknown[] = [...args];
  while (due.length > 0) {
    const value = due.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (seen.has(value)) throw refusal(task, 'something that is in several places');
    seen.add(value);
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) continue;
    const keys = Object.keys(value);
    if (Array.isArray(value) && keys.length !== value.length)
      throw refusal(task, 'a list with holes');
    for (const key of keys) due.push(Reflect.get(value, key));
    if (value instanceof Map) for (const [key, item] of value) due.push(key, item);
    else if (value instanceof Set) for (const item of value) due.push(item);
  }
}

function refusal(task: string, what: string): PicklingError {
  return new PicklingError(
    `This host may not give ${what} to ${task}, which is a function of the language: call one of your own that does.`,
    { code: 'ERR_NOT_ALLOWED' },
  );
}
