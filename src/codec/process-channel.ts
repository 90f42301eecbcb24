/** The way on which values leave the process. Not in `channel.ts`, because it loads `node:v8`, which threads don't need. */
import type { Channel } from './channel.ts';
import { cloneFromBytes, cloneToBytes } from './clone.ts';

/** Bytes, to another process or to Redis. */
export const betweenProcesses: Channel = {
  clone: (value) => cloneFromBytes(cloneToBytes(value)),
  remedy: 'Pass plain data.',
};
