/** What a call has thrown, on its way through Redis. */
import { inspect } from 'node:util';
import { NodeKind } from '../codec/data-format.ts';
import { isError } from '../codec/error-classes.ts';
import { attachRemote, type Passed } from '../codec/error-envelope.ts';
import type { WireValue } from './call-format.ts';
import { fromWire, type Written, writeValue } from './wire-value.ts';

/** Letters of the name of a worker or task, in what an error says. */
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

/** Never throws: what can't travel becomes a text. */
export function writeThrown(thrown: unknown): Written {
  try {
    return writeValue(thrown);
  } catch {
    return { form: { json: describeThrown(thrown) }, bytes: [] };
  }
}

/** What stands for something that can't travel. */
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
 * What was thrown; if it is an error, it says where.
 *
 * @param known - errors that say so already, or are the cause of one that does. Several items of a chunk may have thrown one
 *   error, or errors with one long chain of causes.
 */
export function withOrigin(thrown: unknown, { worker, task }: TaskOrigin, known?: Passed): unknown {
  if (isError(thrown)) attachRemote(thrown, { worker: cut(worker), task: cut(task) }, known);
  return thrown;
}

/** It is told once for each error of a chunk, and whoever has written the record may have made it long. */
function cut(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

/** A line for people. Of what was written, because what a task has thrown may answer otherwise each time it is asked. */
export function summaryOf({ form: { table } }: Written): string {
  const [root, ...nodes] = table ?? [null];
  const [kind, , name, message] =
    (Array.isArray(root) ? nodes[root[0] as number] : undefined) ?? [];
  return kind === NodeKind.Error
    ? `${name as string}: ${message as string}`
    : 'Something was thrown that is no error.';
}
