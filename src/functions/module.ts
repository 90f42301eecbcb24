/** Calls functions of a module on an executor: `pool.module<typeof import('./x.js')>(url).name(...)`. */
import type { Future } from '../future/future.ts';
import type { NamedFunction } from '../protocol/messages.ts';
import { moduleUrl } from './task.ts';

/** The functions that the module `M` exports, each of which returns a future of its result. */
export type ModuleCalls<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: M[K] extends (
    ...args: infer A
  ) => infer R
    ? (...args: A) => Future<Awaited<R>>
    : never;
};

/** @param call - submits one call; `entry` is the function that the program has called. */
export function moduleCalls<M>(
  url: string | URL,
  call: (
    fn: NamedFunction,
    args: unknown[],
    entry: (...args: never[]) => unknown,
  ) => Future<unknown>,
): ModuleCalls<M> {
  const module = moduleUrl('url', url);
  const calls = new Map<string, (...args: unknown[]) => Future<unknown>>();
  // The module is not loaded here, so every name counts as one of its exports until a worker finds that it is none.
  // Except `then`: this object may be awaited, and must not look like a promise.
  return new Proxy(Object.create(null) as ModuleCalls<M>, {
    get(_target, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined;
      const known = calls.get(name);
      if (known !== undefined) return known;
      const fn: NamedFunction = { name, source: { module, path: [name] } };
      const entry = (...args: unknown[]): Future<unknown> => call(fn, args, entry);
      calls.set(name, entry);
      return entry;
    },
  });
}
