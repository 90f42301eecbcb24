/**
 * The records that submitters and hosts of a cluster exchange: the data of a job, its outcome, and requests on a
 * channel. They are stored in Redis, where the two ends may be of different releases. So every record has a version,
 * and this file is the whole agreement between the two sides. Anybody who can write to Redis can write a record, so
 * each record is checked when it arrives, by the functions at the end.
 *
 *     submitter -> CallData    as the data of a BullMQ job          -> host
 *     submitter <- OutcomeData as the job's return value            <- host     it returned
 *     submitter <- a text      as the reason of the job's failure   <- host     it threw, see failure-text.ts
 *     submitter -> ControlMessage  on a channel, at most once       -> hosts
 *
 * Values travel as JSON if that keeps them exactly, else as a table, see wire-value.ts. Large values have keys of
 * their own, see parcel.ts.
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

/** Increased with each change that older hosts can't read. */
export const FORMAT = 2;

/** A value that is stored in a key of its own. */
export interface Parcel {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** A value without loss. If no field is set, it is undefined. */
export interface WireValue {
  /** As JSON, if that loses nothing; */
  readonly json?: unknown;
  /** else as data in the format of `data-format.ts`, */
  readonly table?: Table;
  /** with the bytes of its buffers, in base64. */
  readonly bytes?: string;
  /** Or the value is stored in a key of its own. */
  readonly parcel?: Parcel;
}

/**
 * A module by a name that means the same on every host: `root:src/tasks.js` (a path below the root, which is
 * configured for submitters and hosts), `package:sharp/lib/index.js` (a file of an installed package), or `node:fs`.
 */
export type ModuleName = string;

/** Modules by name, each with a hash of its code and of all code that it imports. */
export type ModuleHashes = Readonly<Record<ModuleName, string>>;

/** A function by a name that hosts look up. */
export type RemoteFunction =
  | {
      readonly module: ModuleName;
      /** The hash of its code; Node's own modules have none. */
      readonly hash?: string;
      /** The export, and for a member of it the rest of the path. */
      readonly path: readonly string[];
      readonly commonjs?: true;
      readonly detached?: true;
    }
  /** A function that every JavaScript engine has under this name: `Math.max`. */
  | { readonly global: readonly string[] };

/** Code that travels with the call: its first argument is a `Packed` whose modules are named as above. */
export interface RemoteCode {
  readonly code: ModuleHashes;
}

/** The default for the maximum size of an outcome, in bytes. */
export const DEFAULT_MAX_PAYLOAD = 8 * 2 ** 20;
/** The default size in bytes above which a value gets a key of its own. */
export const DEFAULT_INLINE_LIMIT = 64 * 2 ** 10;
/** The default for the milliseconds during which hosts with other code pass a call on. */
export const DEFAULT_MISMATCH_PATIENCE = 30_000;
export const LARGEST_PAYLOAD = 256 * 2 ** 20;
export const LARGEST_INLINE = 2 ** 20;
/**
 * Maximum number of characters of a record's JSON: room for the bytes in base64 and the other fields. Reading longer
 * texts would block the reader.
 */
export const LONGEST_RECORD = 4 * LARGEST_INLINE;

/**
 * The data of a job; the job's name is that of the function. As a value it contains the arguments. Fields with
 * default values are left out: Redis copies all of it four times for each call.
 */
export interface CallData extends WireValue, Signed {
  /** The {@link FORMAT} of the writer. A job without it is not a call of this library. */
  readonly cf: number;
  readonly source: RemoteFunction | RemoteCode;
  /** The functions among the arguments. */
  readonly functions?: readonly RemoteFunction[];
  /** The arguments are a list of argument lists, from a `map`. */
  readonly chunk?: true;
  /** If a host or worker dies with the call, the call fails. Without this field it is run again. */
  readonly onWorkerDeath?: 'fail';
  /** Maximum size of its outcome in bytes, if not {@link DEFAULT_MAX_PAYLOAD}. */
  readonly maxPayload?: number;
  /** Maximum size of its outcome in a record in bytes, if not {@link DEFAULT_INLINE_LIMIT}. */
  readonly inlineLimit?: number;
  /** Milliseconds during which hosts with other code pass it on, if not {@link DEFAULT_MISMATCH_PATIENCE}. */
  readonly mismatchPatience?: number;
  /**
   * Of a signed call: the time after which it may not be run, in milliseconds since 1970; the number of attempts if
   * not one.
   */
  readonly until?: number;
  readonly attempts?: number;
}

/** A job that is a call. */
export interface RemoteCall extends CallData {
  /** The name of the function in messages. */
  readonly name: string;
}

/** The outcome of a job that has succeeded. */
export interface OutcomeData extends WireValue, Signed {
  readonly cf: number;
  /** The value is what the items of a chunk have come to, errors among it: where those were thrown. */
  readonly chunk?: TaskOrigin;
}

/** The reason why a job has failed. */
export type FailureData =
  | ({ readonly kind: 'error' } & ThrownData)
  /** The call was cancelled on a host before it began there. */
  | { readonly kind: 'cancelled' };

/** The reason why a job has failed, as a record of its own. */
export interface FailureRecord extends Signed {
  readonly cf: number;
  readonly failure: FailureData;
}

/** The progress of a job: a cancellation came too late, because the call has begun. */
export interface RunsRecord extends Signed {
  readonly cf: number;
  readonly kind: 'runs';
}

/** A message to all hosts. */
export interface ControlMessage extends Signed {
  readonly cf: number;
  readonly kind: 'cancel';
  readonly id: string;
  /** The argument of `cancel(reason)`. */
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
