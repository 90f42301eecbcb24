/** The ways on which values leave a thread: what each of them can carry, and what to do about the rest. */
import { structuredClone } from '../util/primordials.ts';
import { fromMessage, toMessage } from './message.ts';

export interface Channel {
  /** The value as the other side would get it. @throws if it can't travel, or what a getter throws. */
  clone(this: void, value: unknown): unknown;
  /** What to do instead with a value that can't. */
  readonly remedy: string;
}

/** Messages between threads of one process. */
export const betweenThreads: Channel = {
  clone: (value) => fromMessage(structuredClone(toMessage(value))),
  remedy:
    'Pass plain data, or what structuredClone() can copy; ports and streams also need with({ transfer: [...] }).',
};
