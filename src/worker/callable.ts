/** Makes the function of a call callable in this worker: imports it, looks it up, or creates it from its source. */
import type { FunctionSource } from '../protocol/messages.ts';
import type { Packed } from '../protocol/packed.ts';
import { parentChannel } from '../protocol/parent-channel.ts';
import {
  arraySlice,
  globalObject,
  hasOwn,
  isInstance,
  reflectGet,
  TruePromise,
} from '../util/primordials.ts';
import { type AnyFunction, importFunction } from './import-function.ts';
import { reviveLazily } from './revive-code.ts';
import type { Revived } from './revive.ts';

/** A function and its arguments. */
export interface Callable {
  readonly fn: AnyFunction;
  readonly args: unknown[];
}

/**
 * The function of a call. Synchronous if nothing has to be imported.
 *
 * @param alone - true if no task is running in this worker: calls that are submitted meanwhile come from a module
 *   that is being imported.
 */
export function callableOf(
  source: FunctionSource,
  args: unknown[],
  timeout: number,
  alone: boolean,
): Callable | Promise<Callable> {
  if (has(source, 'global')) return { fn: globalFunction(source.global), args };
  if (has(source, 'module'))
    return importing(alone ? source.module : undefined, async () => ({
      fn: await importFunction(source, timeout),
      args,
    }));
  const inEachCall = source.value === 'in each call';
  const packed = source.value === 'in each call' ? (args[0] as Packed) : source.value;
  const rest = inEachCall ? arraySlice(args, 1) : args;
  const revived = reviveLazily(packed, timeout);
  if (!isInstance(revived, TruePromise)) return withRest(revived, rest);
  return importing(alone ? 'what a function uses' : undefined, async () =>
    withRest(await revived, rest),
  );
}

function has<K extends string>(
  source: FunctionSource,
  key: K,
): source is Extract<FunctionSource, Readonly<Record<K, unknown>>> {
  return hasOwn(source, key);
}

function withRest({ fn, args }: Revived, rest: unknown[]): Callable {
  return { fn, args: args ?? rest };
}

/** Sets `importing` of the parent channel while the import runs. */
async function importing<T>(what: string | undefined, run: () => Promise<T>): Promise<T> {
  const channel = parentChannel();
  if (channel !== undefined) channel.importing = what;
  try {
    return await run();
  } finally {
    if (channel !== undefined) channel.importing = undefined;
  }
}

function globalFunction(path: readonly string[]): AnyFunction {
  let found: unknown = globalObject;
  for (let i = 0; i < path.length; i++) found = reflectGet(found as object, path[i] as string);
  return found as AnyFunction;
}
