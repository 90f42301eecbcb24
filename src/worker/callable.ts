/** What a call names as its function, made callable in this worker: imported, looked up, or made anew. */
import { createRequire } from 'node:module';
import type * as ReviveCode from './revive.ts';
import type { FunctionSource } from '../protocol/messages.ts';
import type { Packed } from '../protocol/packed.ts';
import { workerLink } from '../protocol/worker-link.ts';
import { type AnyFunction, importFunction } from './import-function.ts';

/** A function and what it is called with. */
export interface Callable {
  readonly fn: AnyFunction;
  readonly args: unknown[];
}

// Both are scripts of this package; the program may change its arguments later.
const [, entry = ''] = process.argv;
let reviveCode: typeof ReviveCode | undefined;

/**
 * At once, if nothing has to be imported for it.
 *
 * @param alone - whether no task is under way in this worker: whoever submits calls meanwhile is then code
 *   of a module that is being imported.
 */
export function callableOf(
  source: FunctionSource,
  args: unknown[],
  timeout: number,
  alone: boolean,
): Callable | Promise<Callable> {
  if ('global' in source) return { fn: globalFunction(source.global), args };
  if ('module' in source)
    return importing(alone ? source.module : undefined, async () => ({
      fn: await importFunction(source, timeout),
      args,
    }));
  const inEachCall = source.value === 'in each call';
  const packed = source.value === 'in each call' ? (args[0] as Packed) : source.value;
  const rest = inEachCall ? args.slice(1) : args;
  reviveCode ??= createRequire(entry)('../worker/revive.cjs') as typeof ReviveCode;
  const revived = reviveCode.revive(packed, timeout);
  if (!(revived instanceof Promise)) return { fn: revived.fn, args: revived.args ?? rest };
  return importing(alone ? 'what a function uses' : undefined, async () => {
    const { fn, args: own } = await revived;
    return { fn, args: own ?? rest };
  });
}

/** Lets it be known what is being imported, for as long as it is. */
async function importing<T>(what: string | undefined, run: () => Promise<T>): Promise<T> {
  const link = workerLink();
  if (link !== undefined) link.importing = what;
  try {
    return await run();
  } finally {
    if (link !== undefined) link.importing = undefined;
  }
}

function globalFunction(path: readonly string[]): AnyFunction {
  let found: unknown = globalThis;
  for (const name of path) found = Reflect.get(found as object, name);
  return found as AnyFunction;
}
