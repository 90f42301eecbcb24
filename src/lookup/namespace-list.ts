/** Namespaces of ES modules by URL: `concurrent-futures/register` leaves them here, and lookups read them. */

import { bare } from '../util/own.ts';

const place = Symbol.for('concurrent-futures.namespaces');

type WithList = { [place]?: Map<string, object> };

/** How code in another module, made of text, says where the list is. */
export const listText = `globalThis[Symbol.for('${place.description}')]`;

/** Undefined: nobody keeps one. */
export function namespaceList(): ReadonlyMap<string, object> | undefined {
  return (globalThis as WithList)[place];
}

/** @returns whether there was none. */
export function makeNamespaceList(): boolean {
  if (namespaceList() !== undefined) return false;
  Object.defineProperty(globalThis, place, bare({ value: new Map<string, object>() }));
  return true;
}
