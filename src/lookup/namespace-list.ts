/** Namespaces of ES modules by URL: `concurrent-futures/register` leaves them here, and lookups read them. */

import { withoutPrototype } from '../util/own.ts';

const globalKey = Symbol.for('concurrent-futures.namespaces');

type WithList = { [globalKey]?: Map<string, object> };

/** How code in another module, made of text, says where the list is. */
export const listText = `globalThis[Symbol.for('${globalKey.description}')]`;

/** Undefined: nobody keeps one. */
export function namespaceList(): ReadonlyMap<string, object> | undefined {
  return (globalThis as WithList)[globalKey];
}

/** @returns whether there was none. */
export function makeNamespaceList(): boolean {
  if (namespaceList() !== undefined) return false;
  Object.defineProperty(
    globalThis,
    globalKey,
    withoutPrototype({ value: new Map<string, object>() }),
  );
  return true;
}
