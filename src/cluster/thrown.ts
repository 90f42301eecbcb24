/** Values that calls have thrown, in records of Redis. */
import { inspect } from 'node:util';
import { NodeKind } from '../codec/data-format.ts';
import { isError } from '../codec/error-classes.ts';
import { attachRemote, type Passed } from '../codec/error-envelope.ts';
import type { WireValue } from './call-format.ts';
import { fromWire, type Written, writeValue } from './wire-value.ts';

/** Characters of the name of a worker or task in an error. */
const LONGEST_NAME = 500;

/** Where something was thrown. */
export interface TaskOrigin {
  /** Who ran the task: a worker, or the host itself. */
  readonly worker: string;
  readonly task: string;
}

/** What was thrown, and where. */
export interface ThrownData extends TaskOrigin {
  readonly thrown: WireValue;
}

/** Never throws: a value that can't be sent becomes a text. */
export function writeThrown(thrown: unknown): Written {
  try {
    return writeValue(thrown);
  } catch {
    return { form: { json: describeThrown(thrown) }, bytes: [] };
  }
}

/** The substitute for a value that can't be sent. */
export function describeThrown(thrown: unknown): string {
  try {
    return inspect(thrown);
  } catch {
    return 'Something was thrown that cannot be described.';
  }
}

/** @throws BrokenCluster (`ERR_FORMAT`) */
export function readThrown({ thrown, ...where }: ThrownData, blob?: Uint8Array): unknown {
  return withOrigin(fromWire(thrown, undefined, blob), where);
}

/**
 * Adds the origin to a thrown error and returns the thrown value.
 *
 * @param known - errors that have an origin, and the causes of such errors. Several items of a chunk may have thrown
 *   one error, or errors with one long chain of causes.
 */
export function withOrigin(thrown: unknown, { worker, task }: TaskOrigin, known?: Passed): unknown {
  if (isError(thrown)) attachRemote(thrown, { worker: cut(worker), task: cut(task) }, known);
  return thrown;
}

/** The name is repeated in each error of a chunk, and the writer of the record may have made it long. */
function cut(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

/**
 * A line for people. It is made from the written form, because the thrown value may have getters with changing
 * results.
 */
export function summaryOf({ form: { table } }: Written): string {
  const [root, ...nodes] = table ?? [null];
  const [kind, , name, message] =
    (Array.isArray(root) ? nodes[root[0] as number] : undefined) ?? [];
  return kind === NodeKind.Error
    ? `${name as string}: ${message as string}`
    : 'Something was thrown that is no error.';
}
