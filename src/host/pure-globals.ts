/**
 * The functions of the language that every host runs, by name: they change nothing, and reach only their arguments.
 * Others need `--allow global:<name>`, among them functions with large results for small arguments, like
 * `BigInt.asUintN`.
 *
 * They are the functions that existed when the worker started, even if a task has replaced them.
 */
import type { AnyFunction } from '../worker/import-function.ts';

const NAMES =
  'Math.* JSON.parse JSON.stringify Number.isFinite Number.isInteger Number.isNaN Number.isSafeInteger ' +
  'Number.parseFloat Number.parseInt String.fromCharCode String.fromCodePoint Array.isArray Array.of ' +
  'Date.now Date.parse Date.UTC Object.is Boolean Number String BigInt ' +
  'parseFloat parseInt isFinite isNaN encodeURI encodeURIComponent decodeURI decodeURIComponent atob btoa ' +
  'structuredClone';

const functions = new Map<string, AnyFunction>();
for (const name of NAMES.split(' ')) {
  const [owner, key] = name.split('.') as [string, string | undefined];
  const object = Reflect.get(globalThis, owner) as object;
  const keys = key === '*' ? Object.getOwnPropertyNames(object) : [key];
  for (const each of keys) {
    const value: unknown = each === undefined ? object : Reflect.get(object, each);
    if (typeof value === 'function')
      functions.set(each === undefined ? owner : `${owner}.${each}`, value as AnyFunction);
  }
}

/** @param path - from the global object: `['Math', 'max']`. */
export function pureGlobal(path: readonly string[]): AnyFunction | undefined {
  return functions.get(path.join('.'));
}
