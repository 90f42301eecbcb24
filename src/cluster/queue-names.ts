/**
 * What the queue of a cluster is called in Redis. All keys of one queue have the same hash tag, so that
 * Redis Cluster keeps them together, and lie apart from queues that the program has with BullMQ itself.
 */
import { invalidType, invalidValue } from '../util/validate.ts';

export interface QueueNames {
  readonly queue: string;
  /** What is the same in all keys, and decides on which node of a Redis Cluster they lie. */
  readonly hashTag: string;
  /** BullMQ's `prefix`: keys are `<prefix>:<queue>:…`. */
  readonly prefix: string;
  /** The channel of control messages. */
  readonly control: string;
  /** A hash of what holds for the whole queue. */
  readonly settings: string;
  /** The key of a value that is too large for a job's record; see parcel.ts. */
  value(key: string): string;
  /** The key that a host holds its name by. */
  host(name: string): string;
  /** A set of the names of hosts, and the key of what each tells of itself; see host-record.ts. */
  readonly hosts: string;
  readonly hostRecord: (name: string) => string;
}

/** @throws TypeError, RangeError */
export function queueNames(queue: unknown = 'default'): QueueNames {
  if (typeof queue !== 'string') throw invalidType('queue', 'a string', queue);
  if (!/^[^\s:{}]{1,200}$/.test(queue)) {
    throw invalidValue(
      'queue',
      'a name of 1 to 200 characters without blanks, colons and braces',
      queue,
    );
  }
  const hashTag = `cf:${queue}`;
  const prefix = `{${hashTag}}`;
  return {
    queue,
    hashTag,
    prefix,
    control: `${prefix}:control`,
    settings: `${prefix}:settings`,
    value: (key) => `${prefix}:value:${key}`,
    host: (name) => `${prefix}:host:${name}`,
    hosts: `${prefix}:hosts`,
    hostRecord: (name) => `${prefix}:host:${name}:record`,
  };
}
