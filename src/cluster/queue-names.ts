/**
 * The names of a queue in Redis. All keys of one queue have the same hash tag, so that Redis Cluster keeps them on
 * one node. They are separate from queues that the program uses with BullMQ directly.
 */
import { invalidType, invalidValue } from '../util/validate.ts';

export interface QueueNames {
  readonly queue: string;
  /** The common part of all keys. It determines the node of a Redis Cluster. */
  readonly hashTag: string;
  /** BullMQ's `prefix`: keys are `<prefix>:<queue>:…`. */
  readonly prefix: string;
  /** The channel of control messages. */
  readonly control: string;
  /** A hash with the settings of the whole queue. */
  readonly settings: string;
  /** The key of a value that is too large for a job's record; see parcel.ts. */
  value(key: string): string;
  /** The key with which a host reserves its name. */
  host(name: string): string;
  /** A set of the names of hosts, and the key of each host's record; see host-record.ts. */
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
