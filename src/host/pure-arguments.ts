/**
 * Restricts the arguments that submitters may pass to functions of the language: the work of a call must stay in
 * proportion to its size, and these functions were not made to be called by strangers.
 *
 * A list with four billion holes is written in twenty letters, and becomes gigabytes, or ends the process, when it is
 * converted to a text or used as a transfer list. A list that contains one list twice, which contains one list twice,
 * and so on, doubles with each level when it is converted to a text. So these functions get neither. Allowed modules
 * get both, at their own risk.
 */
import { types } from 'node:util';
import { isDense } from '../codec/plainness.ts';
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
    if (Array.isArray(value) && !isDense(value)) throw refusal(task, 'a list with holes');
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
