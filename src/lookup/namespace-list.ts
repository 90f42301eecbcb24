/** The namespaces of ES modules by URL. `concurrent-futures/register` fills this list, and lookups read it. */

import { withoutPrototype } from '../util/own.ts';

const globalKey = Symbol.for('concurrent-futures.namespaces');

type WithList = { [globalKey]?: Map<string, object> };

/** The expression for the list in generated module code. */
export const listText = `globalThis[Symbol.for('${globalKey.description}')]`;

/** Undefined if `concurrent-futures/register` is not in use. */
export function namespaceList(): ReadonlyMap<string, object> | undefined {
  return (globalThis as WithList)[globalKey];
}

/** @returns false if the list existed before. */
export function makeNamespaceList(): boolean {
  if (namespaceList() !== undefined) return false;
  Object.defineProperty(
    globalThis,
    globalKey,
    withoutPrototype({ value: new Map<string, object>() }),
  );
  return true;
}
