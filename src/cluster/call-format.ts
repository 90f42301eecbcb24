/**
 * What submitters and hosts of a cluster say to each other: the data of a job, what becomes of it, and
 * requests on the side. It crosses Redis, where the two ends may be of different releases, so
 * every record says its version, and the two sides agree on nothing that isn't in this file.
 * Anybody who can write to Redis can write a record: each is checked when it arrives, by the functions at the end.
 *
 *     submitter -> CallData    as the data of a BullMQ job          -> host
 *     submitter <- OutcomeData as the job's return value            <- host     it returned
 *     submitter <- a text      as the reason of the job's failure   <- host     it threw, see failure-text.ts
 *     submitter -> ControlMessage  on a channel, at most once       -> hosts
 *
 * Values travel as JSON where that keeps them exactly, else as a table, see wire-value.ts; large ones in keys of their own,
 * see parcel.ts.
 */
import type { Table } from '../codec/data-format.ts';
import { BrokenCluster } from '../errors.ts';
import {
  anything,
  type Check,
  count,
  dictionary,
  every,
  exact,
  list,
  literal,
  record,
  text,
  union,
} from './schema.ts';
import type { Signed } from './signature.ts';
import type { TaskOrigin, ThrownData } from './thrown.ts';

/** Goes up with each change that a host of before can't read. */
export const FORMAT = 2;

/** A value that is in a key of its own. */
export interface Parcel {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** A value, exactly. None of them: undefined. */
export interface WireValue {
  /** As JSON, where that loses nothing. */
  readonly json?: unknown;
  /** Else as data in the format of `data-format.ts`, */
  readonly table?: Table;
  /** with the bytes of its buffers, in base64. */
  readonly bytes?: string;
  /** Or it is not here. */
  readonly parcel?: Parcel;
}

/**
 * A module by a name that means the same on every host: `root:src/tasks.js` (a path below the root that
 * submitters and hosts are given), `package:sharp/lib/index.js` (a file of an installed package), or
 * `node:fs`.
 */
export type ModuleName = string;

/** Modules by name, and what their code is: a hash of each and of what it imports. */
export type ModuleHashes = Readonly<Record<ModuleName, string>>;

/** A function by a name that hosts look up. */
export type RemoteFunction =
  | {
      readonly module: ModuleName;
      /** What its code is; Node's own modules have none. */
      readonly hash?: string;
      /** The export, and for members of it the way on. */
      readonly path: readonly string[];
      readonly commonjs?: true;
      readonly detached?: true;
    }
  /** Something that every JavaScript has under this name: `Math.max`. */
  | { readonly global: readonly string[] };

/** Code that the call brings along: the first of its arguments is a `Packed` whose modules are named as above. */
export interface RemoteCode {
  readonly code: ModuleHashes;
}

/** Bytes that an outcome may have where nothing else is said. */
export const DEFAULT_MAX_PAYLOAD = 8 * 2 ** 20;
/** Bytes from which on a value is in a key of its own where nothing else is said. */
export const DEFAULT_INLINE_LIMIT = 64 * 2 ** 10;
/** Milliseconds for which hosts with other code pass a call on where nothing else is said. */
export const DEFAULT_MISMATCH_PATIENCE = 30_000;
export const LARGEST_PAYLOAD = 256 * 2 ** 20;
export const LARGEST_INLINE = 2 ** 20;
/** Characters of JSON: with bytes in base64, and what is said of the value. Reading more would keep whoever reads it busy. */
export const LONGEST_RECORD = 4 * LARGEST_INLINE;

/**
 * The data of a job, whose name is that of the function; as a value, its arguments. What is as it mostly is, is left
 * out: Redis copies all of it four times for each call.
 */
export interface CallData extends WireValue, Signed {
  /** {@link FORMAT} of whoever wrote it. A job without it is none of ours. */
  readonly cf: number;
  readonly source: RemoteFunction | RemoteCode;
  /** The functions among the arguments. */
  readonly functions?: readonly RemoteFunction[];
  /** The arguments are a list of argument lists, of a `map`. */
  readonly chunk?: true;
  /** A death that takes the call along fails it. Else it is tried again. */
  readonly onWorkerDeath?: 'fail';
  /** The most bytes that its outcome may have, if not {@link DEFAULT_MAX_PAYLOAD}. */
  readonly maxPayload?: number;
  /** The most bytes that its outcome may have in a record, if not {@link DEFAULT_INLINE_LIMIT}. */
  readonly inlineLimit?: number;
  /** Milliseconds for which hosts with other code pass it on, if not {@link DEFAULT_MISMATCH_PATIENCE}. */
  readonly mismatchPatience?: number;
  /** Of a signed call: when it is too old to be run, in milliseconds since 1970, and how often it may be tried if not once. */
  readonly until?: number;
  readonly attempts?: number;
}

/** A job, as far as it is a call. */
export interface RemoteCall extends CallData {
  /** What the function is called in messages. */
  readonly name: string;
}

/** What a job has returned: a value, and what is to be known of it. */
export interface OutcomeData extends WireValue, Signed {
  readonly cf: number;
  /** The value is what the items of a chunk have come to, errors among it: where those were thrown. */
  readonly chunk?: TaskOrigin;
}

/** Why a job has failed. */
export type FailureData =
  | ({ readonly kind: 'error' } & ThrownData)
  /** It was cancelled on a host before it began there. */
  | { readonly kind: 'cancelled' };

/** Why a job has failed, as a record of its own. */
export interface FailureRecord extends Signed {
  readonly cf: number;
  readonly failure: FailureData;
}

/** The progress of a job: it was asked to be cancelled, and has begun. */
export interface RunsRecord extends Signed {
  readonly cf: number;
  readonly kind: 'runs';
}

/** What hosts hear besides jobs. */
export interface ControlMessage extends Signed {
  readonly cf: number;
  readonly kind: 'cancel';
  readonly id: string;
  /** What was given to `cancel(reason)`. */
  readonly reason: WireValue;
}

const format = { cf: literal(FORMAT) };
const signature = { sig: text };
const parcel = record({ key: text, size: count(0, Number.MAX_SAFE_INTEGER), sha256: text });
const valueFields = { json: exact, table: every(list(anything, 1), exact), bytes: text, parcel };
const aValue = record({}, valueFields);
const aFunction = union({
  module: record(
    { module: text, path: list(text, 1) },
    { hash: text, commonjs: literal(true), detached: literal(true) },
  ),
  global: record({ global: list(text, 1) }),
});
const origin = { worker: text, task: text };

const callData = record(
  {
    ...format,
    source: union({
      code: record({ code: dictionary(text) }),
      module: aFunction,
      global: aFunction,
    }),
  },
  {
    ...valueFields,
    functions: list(aFunction, 1),
    chunk: literal(true),
    onWorkerDeath: literal('fail'),
    maxPayload: count(1, LARGEST_PAYLOAD),
    inlineLimit: count(1, LARGEST_INLINE),
    mismatchPatience: count(0, Number.MAX_SAFE_INTEGER),
    until: count(0, Number.MAX_SAFE_INTEGER),
    attempts: count(1, Number.MAX_SAFE_INTEGER),
    ...signature,
  },
);
const outcomeData = record(format, { ...valueFields, chunk: record(origin), ...signature });
const failureData: Check = (given, at) =>
  (given as Partial<FailureData> | null)?.kind === 'cancelled'
    ? record({ kind: literal('cancelled') })(given, at)
    : record({ kind: literal('error'), thrown: aValue, ...origin })(given, at);
const failureRecord = record({ ...format, failure: failureData }, signature);
const runsRecord = record({ ...format, kind: literal('runs') }, signature);
const controlMessage = record(
  { ...format, kind: literal('cancel'), id: text, reason: aValue },
  signature,
);

/** @throws BrokenCluster (`ERR_FORMAT`) */
function refuse(problem: string | undefined): void {
  if (problem === undefined) return;
  throw new BrokenCluster(
    `A record in Redis is not as it was written by a release of concurrent-futures that speaks format ${FORMAT}: ${problem}.`,
    { code: 'ERR_FORMAT' },
  );
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function checkCall(given: unknown): CallData {
  refuse(callData(given, 'call'));
  return given as CallData;
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function checkOutcome(given: unknown): OutcomeData {
  refuse(outcomeData(given, 'outcome'));
  return given as OutcomeData;
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function checkFailure(given: unknown): FailureRecord {
  refuse(failureRecord(given, 'failure'));
  return given as FailureRecord;
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function checkRuns(given: unknown): RunsRecord {
  refuse(runsRecord(given, 'progress'));
  return given as RunsRecord;
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function checkControl(given: unknown): ControlMessage {
  refuse(controlMessage(given, 'control message'));
  return given as ControlMessage;
}
