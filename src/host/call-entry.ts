/**
 * What a worker of a host runs for each call: finds the function under the name that it has everywhere,
 * makes sure that its code is what the submitter means, calls it, and writes down what came of it.
 *
 * Values are read and written here and not in the host, so that its event loop is free to keep the
 * leases, and a value that takes seconds to decode keeps one worker busy and nobody else.
 */
import { betweenProcesses } from '../codec/process-channel.ts';
import { type ErrorEnvelope, packError } from '../codec/error-envelope.ts';
import { isTransferred } from '../codec/transfer.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import { CodeMismatchError, PicklingError } from '../errors.ts';
import {
  DEFAULT_MAX_PAYLOAD,
  type FailureData,
  type ModuleHashes,
  type RemoteCall,
  type WireValue,
} from '../cluster/call-format.ts';
import { failureText } from '../cluster/failure-text.ts';
import { ModuleHasher } from '../cluster/module-hash.ts';
import { findModule } from '../cluster/module-name.ts';
import { checkGlobal, checkModules, checkPacked, hashesOf } from './call-permission.ts';
import { findModules } from '../cluster/packed-modules.ts';
import { fromWire, toWire, wireSize } from '../cluster/wire-value.ts';
import type { Packed } from '../protocol/packed.ts';
import { workerLink } from '../protocol/worker-link.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { isThenable } from '../util/thenable.ts';
import { type AnyFunction, importFunction } from '../worker/import-function.ts';
import { revive } from '../worker/revive.ts';
import { runChunk } from '../worker/run-chunk.ts';
import { withSignal } from './call-signals.ts';

/** What all calls of a host have in common. They bring it as JSON, so that it is read once and not for each. */
export interface HostContext {
  readonly root: string;
  /** Where aborts are heard. */
  readonly socket: string;
  readonly importTimeout: number;
  /** As the host was given them. */
  readonly allow: readonly string[];
  readonly allowCode: boolean;
}

/** What a call has come to. `ms`: for how long it has kept the worker. */
export type LocalOutcome =
  | { readonly ms: number; readonly value: WireValue }
  /**
   * `failure`: as it is kept in Redis. `refusal`: why, if it was not the task that failed but what this host
   * may run, or has.
   */
  | { readonly ms: number; readonly failure: string; readonly refusal?: string };

interface Callable {
  readonly fn: AnyFunction;
  readonly args: unknown[];
}

const REFUSALS = new Set(['ERR_NOT_ALLOWED', 'ERR_CODE_MISMATCH', 'ERR_IMPORT']);

const functions = new BoundedMap<string, AnyFunction>(1_000);
/** What was checked when it was imported here, which is once. */
const loaded = new Map<string, string>();
let hasher: ModuleHasher | undefined;
let knownContext: { readonly text: string; readonly context: HostContext } | undefined;

/**
 * What has come of the call; no promise where nothing had to be waited for, so that a quick call costs as little as
 * the pool can make it.
 */
export function runCall(
  run: string,
  data: RemoteCall,
  host: string,
): LocalOutcome | Promise<LocalOutcome> {
  const began = performance.now();
  const worker = workerLink()?.name ?? 'a host';
  const succeeded = (value: unknown): LocalOutcome => ({
    value: wireResult(isTransferred(value) ? value.value : value, data),
    ms: performance.now() - began,
  });
  const failed = (error: unknown): LocalOutcome => {
    const envelope = packError(error, worker, data.name, betweenProcesses);
    const refusal = refusalOf(error);
    return {
      failure: failureText(summaryOf(envelope), {
        kind: 'error',
        error: envelope,
      } satisfies FailureData),
      ms: performance.now() - began,
      ...(refusal === undefined ? {} : { refusal }),
    };
  };
  try {
    const context = contextOf(host);
    const result = withSignal(run, context.socket, () => call(data, context, worker));
    if (!isThenable(result)) return succeeded(result);
    return Promise.resolve(result).then(succeeded).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

function contextOf(text: string): HostContext {
  if (knownContext?.text !== text)
    knownContext = { text, context: JSON.parse(text) as HostContext };
  return knownContext.context;
}

function call(data: RemoteCall, context: HostContext, worker: string): unknown {
  const invoke = ({ fn, args }: Callable): unknown =>
    data.chunk ? runChunk(fn, args, worker, data.name, betweenProcesses) : fn(...args);
  const known = knownCallable(data);
  return known === undefined ? findAndInvoke(data, context, invoke) : invoke(known);
}

/** The result is awaited here: a promise of the task's that is returned unseen would be asked by a `then` of its own. */
async function findAndInvoke(
  data: RemoteCall,
  context: HostContext,
  invoke: (callable: Callable) => unknown,
): Promise<unknown> {
  const callable = await findCallable(data, context);
  return await invoke(callable);
}

/** Of an export that was called here before. */
function knownCallable(data: RemoteCall): Callable | undefined {
  if (!('module' in data.source)) return undefined;
  const fn = functions.get(JSON.stringify(data.source));
  return fn && { fn, args: fromWire(data) as unknown[] };
}

async function findCallable(data: RemoteCall, context: HostContext): Promise<Callable> {
  const { source } = data;
  const given = fromWire(data) as unknown[];
  if ('global' in source) {
    checkGlobal(source.global, data, context);
    return { fn: globalFunction(source.global), args: given };
  }
  if ('packed' in source) {
    const [packed, ...rest] = given;
    const here = findModules(packed as Packed, (name) => findModule(name, context.root));
    checkPacked(here, data, context);
    checkCode(source.hashes, context);
    const { fn, args } = await revive(here, context.importTimeout);
    remember(source.hashes, context);
    return { fn, args: args ?? rest };
  }
  const hashes = hashesOf(source);
  checkModules([source.module], data, context);
  checkCode(hashes, context);
  const module = findModule(source.module, context.root);
  const fn = await importFunction({ ...source, module }, context.importTimeout);
  remember(hashes, context);
  functions.set(JSON.stringify(source), fn);
  return { fn, args: given };
}

/** @throws CodeMismatchError if what is here is not what the submitter has, or was not when it was loaded. */
function checkCode(hashes: ModuleHashes, { root }: HostContext): void {
  hasher ??= new ModuleHasher(root);
  for (const [name, hash] of Object.entries(hashes)) {
    const before = loaded.get(name);
    if (before === hash) continue;
    if (before !== undefined)
      throw mismatch(name, root, 'This host has loaded another version of it. Start it anew.');
    if (hasher.fresh(findModule(name, root)) !== hash)
      throw mismatch(name, root, 'Deploy the same code to hosts and submitters.');
  }
}

/** After the import. @throws CodeMismatchError if the code has changed while it was being loaded. */
function remember(hashes: ModuleHashes, context: HostContext): void {
  checkCode(hashes, context);
  for (const [name, hash] of Object.entries(hashes)) loaded.set(name, hash);
}

function mismatch(name: string, root: string, remedy: string): CodeMismatchError {
  return new CodeMismatchError(
    `${name} is not the same on this host (below ${root}) as where the call was submitted, or something that it imports is not. ${remedy}`,
  );
}

function globalFunction(path: readonly string[]): AnyFunction {
  let found: unknown = globalThis;
  for (const name of path) found = Reflect.get(found as object, name);
  return found as AnyFunction;
}

/** @throws PicklingError if the result can't travel, or is too large to. */
function wireResult(
  value: unknown,
  { name, maxPayload = DEFAULT_MAX_PAYLOAD }: RemoteCall,
): WireValue {
  let wire: WireValue;
  try {
    wire = toWire(value);
  } catch (cause) {
    throw unsendableResult(value, name, cause);
  }
  const size = wireSize(wire);
  if (size > maxPayload) {
    throw new PicklingError(
      `The result of ${name} takes ${size} bytes, and a call on this cluster may return ${maxPayload}. ` +
        'Put what is large where the submitter can read it, and return its address; or raise maxPayload, in memory of Redis.',
      { code: 'ERR_TOO_LARGE' },
    );
  }
  return wire;
}

/** Of the envelope, which is plain data: what a task has thrown may answer with another error when it is looked at. */
function summaryOf({ thrown, nodes }: ErrorEnvelope): string {
  const node = 'error' in thrown ? nodes[thrown.error] : undefined;
  return node === undefined
    ? 'Something was thrown that is no error.'
    : `${node.name}: ${node.message}`;
}

/** What this host says of the call, if it was not the task that has failed. */
function refusalOf(error: unknown): string | undefined {
  try {
    return error instanceof PicklingError && REFUSALS.has(error.code) ? error.message : undefined;
  } catch {
    // A proxy of the task's, whose trap throws.
    return undefined;
  }
}
