/**
 * What submitters and hosts of a cluster say to each other: the data of a job, what becomes of it, and
 * requests on the side. It crosses Redis, where the two ends may be of different releases, so
 * every record says its version, and the two sides agree on nothing that isn't in this file.
 *
 *     submitter -> CallData    as the data of a BullMQ job          -> host
 *     submitter <- OutcomeData as the job's return value            <- host     it returned
 *     submitter <- a text      as the reason of the job's failure   <- host     it threw, see failure-text.ts
 *     submitter -> ControlMessage  on a channel, at most once       -> hosts
 *
 * Values travel as JSON where that keeps them exactly, else as a structured clone; see wire-value.ts.
 */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';

/** Goes up with each change that a host of before can't read. */
export const FORMAT = 1;

/** A value, exactly. None of both: undefined. */
export interface WireValue {
  /** As JSON, where that loses nothing. */
  readonly json?: unknown;
  /** As a structured clone, in base64. */
  readonly clone?: string;
}

/**
 * A module by a name that means the same on every host: `root:src/tasks.js` (a path below the root that
 * submitters and hosts are given), `package:sharp/lib/index.js` (a file of an installed package), or
 * `node:fs`.
 */
export type ModuleName = string;

/** Modules by name, and what their code is: a hash of each and of what it imports. */
export type ModuleHashes = Readonly<Record<ModuleName, string>>;

/** How a host gets a function. */
export type RemoteSource =
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
  | { readonly global: readonly string[] }
  /** By value: the first of the arguments, a `Packed` whose modules are named as above. */
  | { readonly packed: 'code' | 'references only'; readonly hashes: ModuleHashes };

/** Bytes that an outcome may have where nothing else is said. */
export const DEFAULT_MAX_PAYLOAD = 8 * 2 ** 20;

/**
 * The data of a job, whose name is that of the function; as a value, its arguments. What is as it mostly is, is left
 * out: Redis copies all of it four times for each call.
 */
export interface CallData extends WireValue {
  /** {@link FORMAT} of whoever wrote it. A job without it is none of ours. */
  readonly cf: number;
  readonly source: RemoteSource;
  /** The arguments are a list of argument lists, of a `map`. */
  readonly chunk?: true;
  /** A death that takes the call along fails it. Else it is tried again. */
  readonly onWorkerDeath?: 'fail';
  /** The most bytes that its outcome may have, if not {@link DEFAULT_MAX_PAYLOAD}. */
  readonly maxPayload?: number;
}

/** A job, as far as it is a call. */
export interface RemoteCall extends CallData {
  /** What the function is called in messages. */
  readonly name: string;
}

/** What a job has returned: a value, and what is to be known of it. */
export interface OutcomeData extends WireValue {
  readonly cf: number;
  /** The value is what the items of a chunk have come to, errors among it. */
  readonly chunk?: true;
}

/** Why a job has failed. */
export type FailureData =
  | { readonly kind: 'error'; readonly error: ErrorEnvelope }
  /** It was cancelled on a host before it began there. */
  | { readonly kind: 'cancelled' };

/** What hosts hear besides jobs. */
export interface ControlMessage {
  readonly cf: number;
  readonly kind: 'cancel';
  readonly id: string;
  /** What was given to `cancel(reason)`. */
  readonly reason: WireValue;
}
