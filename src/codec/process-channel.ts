/**
 * The channel on which values leave the process. Separate from `channel.ts`, because it loads `node:v8`, which
 * threads don't need.
 */
import type { Channel } from './channel.ts';
import { cloneFromBytes, cloneToBytes } from './clone.ts';

/** Bytes for another process or for Redis. */
export const betweenProcesses: Channel = {
  clone: (value) => cloneFromBytes(cloneToBytes(value)),
  remedy: 'Pass plain data.',
};
