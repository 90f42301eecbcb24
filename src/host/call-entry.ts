/**
 * The function that a worker of a host runs for each call: finds the call's function under its common name, checks that
 * its code is the submitter's, calls it, and writes the outcome.
 *
 * Values are read and written here and not in the host's thread, which needs its event loop to renew leases. A value
 * that takes seconds to decode keeps one worker busy, and nothing else.
 */
import { isTransferred, transfer } from '../codec/transfer.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import { BrokenCluster, CodeMismatchError, ExecutorError, PicklingError } from '../errors.ts';
import {
  DEFAULT_INLINE_LIMIT,
  DEFAULT_MAX_PAYLOAD,
  type RemoteCall,
  type WireValue,
} from '../cluster/call-format.ts';
import { describeThrown, summaryOf, writeThrown } from '../cluster/thrown.ts';
import {
  fromWire,
  inline,
  isDenseList,
  writtenSize,
  toBlob,
  type Written,
  writeValue,
} from '../cluster/wire-value.ts';
import type { Packed } from '../protocol/packed.ts';
import { parentChannel } from '../protocol/parent-channel.ts';
import { isThenable } from '../util/thenable.ts';
import type { AnyFunction } from '../worker/import-function.ts';
import { revive } from '../worker/revive.ts';
import { runChunkItems } from '../worker/run-chunk.ts';
import { checkPureArguments } from './pure-arguments.ts';
import { pureGlobal } from './pure-globals.ts';
import { withSignal } from './call-signals.ts';
import { findCode } from './code-permission.ts';
import { CodeVersions } from './code-versions.ts';
import { FunctionGate, type Permission } from './function-gate.ts';

/** The common data of all calls of a host. It travels as JSON, so that it is parsed once and not for each call. */
export interface HostContext extends Permission {
  /** The socket for aborts. */
  readonly socket: string;
}

interface Host {
  /** The context of the host, as JSON. */
  readonly text: string;
  readonly context: HostContext;
  readonly gate: FunctionGate;
  readonly versions: CodeVersions;
}

/** A call with its arguments, if they were in a key of their own. */
export interface DeliveredCall extends RemoteCall {
  readonly blob?: Uint8Array;
}

/** A value for the call's record, or, if it is too large for that, for a key of its own. */
export type Result = { readonly wire: WireValue } | { readonly blob: Uint8Array<ArrayBuffer> };

/** The outcome of a call. */
export interface LocalOutcome {
  /** Milliseconds for which it has occupied the worker. */
  readonly ms: number;
  readonly worker: string;
  /** The value or the error of the task. */
  readonly result: Result;
  readonly thrown?: {
    /** A line for people. */
    readonly summary: string;
    /** The reason, if the call failed because of this host's permissions or code, and not in the task. */
    readonly refusal?: string;
    /** This host has other code than the call requires. */
    readonly mismatch?: true;
  };
}

interface Callable {
  readonly fn: AnyFunction;
  readonly args: unknown[];
}

/** The outcome of one item of a chunk: a value or an error. */
type ItemResult = readonly [ok: boolean, outcome: unknown];

const REFUSALS = new Set(['ERR_NOT_ALLOWED', 'ERR_CODE_MISMATCH', 'ERR_IMPORT', 'ERR_FORMAT']);

let knownHost: Host | undefined;

/**
 * The outcome of the call; without a promise if there was nothing to wait for, so that a quick call costs as little as
 * the pool allows.
 */
export function runCall(
  run: string,
  data: DeliveredCall,
  host: string,
): LocalOutcome | Promise<LocalOutcome> {
  const began = performance.now();
  const worker = parentChannel()?.name ?? 'a host';
  const told = (written: Written, thrown?: LocalOutcome['thrown']): LocalOutcome => {
    const result = resultOf(written, data);
    const ms = performance.now() - began;
    const outcome = { result, worker, ms, ...(thrown === undefined ? {} : { thrown }) };
    return 'blob' in result ? transfer(outcome, [result.blob.buffer]) : outcome;
  };
  const succeeded = (value: unknown): LocalOutcome =>
    told(writeResult(isTransferred(value) ? value.value : value, data));
  const failed = (error: unknown): LocalOutcome => {
    const written = writeThrown(error);
    const refusal = refusalOf(error);
    const summary = summaryOf(written);
    const mismatch = refusal !== undefined && error instanceof CodeMismatchError;
    return told(written, {
      summary,
      ...(refusal === undefined ? {} : { refusal }),
      ...(mismatch ? { mismatch } : {}),
    });
  };
  try {
    const known = hostOf(host);
    const result = withSignal(run, known.context.socket, () => call(data, known));
    if (!isThenable(result)) return succeeded(result);
    return Promise.resolve(result).then(succeeded).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

/** A worker serves one host. */
function hostOf(text: string): Host {
  if (knownHost?.text === text) return knownHost;
  const context = JSON.parse(text) as HostContext;
  const versions = new CodeVersions(context.root);
  return (knownHost = { text, context, versions, gate: new FunctionGate(context, versions) });
}

function call(data: DeliveredCall, host: Host): unknown {
  const invoke = ({ fn, args }: Callable): unknown => {
    if (isPure(data.source)) checkPureArguments(args, data.name);
    return data.chunk ? runChunkItems(fn, rowsOf(args), (error) => error) : fn(...args);
  };
  const known = knownCallable(data, host);
  return known === undefined ? findAndInvoke(data, host, invoke) : invoke(known);
}

function isPure(source: RemoteCall['source']): boolean {
  return 'global' in source && pureGlobal(source.global) !== undefined;
}

/**
 * The result is awaited here: a promise of the task that is returned without that would be asked for its own `then`.
 */
async function findAndInvoke(
  data: DeliveredCall,
  host: Host,
  invoke: (callable: Callable) => unknown,
): Promise<unknown> {
  const callable = await findCallable(data, host);
  return await invoke(callable);
}

/** The callable of an export that was called here before. */
function knownCallable(data: DeliveredCall, { gate }: Host): Callable | undefined {
  if ('code' in data.source || data.functions !== undefined) return undefined;
  const fn = gate.known(data.source);
  return fn && { fn, args: argumentsOf(data, []) };
}

async function findCallable(data: DeliveredCall, host: Host): Promise<Callable> {
  const { source, name, functions = [] } = data;
  const { gate, versions, context } = host;
  // One after the other: if one is not allowed, the next need not be loaded.
  const given: AnyFunction[] = [];
  for (const each of functions) given.push(await gate.find(each, name));
  if (!('code' in source)) {
    const fn = await gate.find(source, name);
    return { fn, args: argumentsOf(data, given) };
  }
  const [code, ...rest] = argumentsOf(data, given);
  const { packed, needed } = findCode(code as Packed, source, name, gate);
  versions.check(needed);
  const { fn, args } = await revive(packed, context.importTimeout);
  versions.loaded(needed);
  return { fn, args: args ?? rest };
}

function argumentsOf(data: DeliveredCall, functions: readonly AnyFunction[]): unknown[] {
  const args = fromWire(data, functions, data.blob);
  if (isDenseList(args)) return args;
  throw new BrokenCluster('The arguments of the call are no list, or one with holes.', {
    code: 'ERR_FORMAT',
  });
}

/** The arguments of each item of a chunk. */
function rowsOf(args: readonly unknown[]): readonly unknown[] {
  if (args.every(isDenseList)) return args;
  throw new BrokenCluster('The arguments of an item are no list, or one with holes.', {
    code: 'ERR_FORMAT',
  });
}

/** @throws PicklingError if the result can't travel, or is too large. */
function writeResult(
  value: unknown,
  { name, chunk, maxPayload = DEFAULT_MAX_PAYLOAD }: RemoteCall,
): Written {
  let written: Written;
  try {
    written = writeValue(value);
  } catch (cause) {
    if (!chunk) throw unsendableResult(value, name, cause);
    written = writeValue((value as ItemResult[]).map((item) => sendable(item, name)));
  }
  const size = writtenSize(written);
  if (size > maxPayload) {
    throw new PicklingError(
      `The result of ${name} takes ${size} bytes, and a call on this cluster may return ${maxPayload}. ` +
        'Put what is large where the submitter can read it, and return its address; or raise maxPayload, in memory of Redis.',
      { code: 'ERR_TOO_LARGE' },
    );
  }
  return written;
}

function resultOf(written: Written, { inlineLimit = DEFAULT_INLINE_LIMIT }: RemoteCall): Result {
  return writtenSize(written) > inlineLimit ? { blob: toBlob(written) } : { wire: inline(written) };
}

/** An item whose value can't travel fails by itself; its neighbours do not. */
function sendable(item: ItemResult, task: string): ItemResult {
  try {
    writeValue(item[1]);
    return item;
  } catch (cause) {
    return [false, item[0] ? unsendableResult(item[1], task, cause) : describeThrown(item[1])];
  }
}

/** The reason of this host, if the task itself has not failed. */
function refusalOf(error: unknown): string | undefined {
  try {
    return error instanceof ExecutorError && REFUSALS.has(error.code) ? error.message : undefined;
  } catch {
    // The task threw a proxy whose trap throws.
    return undefined;
  }
}
