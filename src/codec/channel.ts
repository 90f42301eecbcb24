/** The channels on which values leave a thread: the values that each can carry, and the advice for all others. */
import { structuredClone } from '../util/primordials.ts';
import { fromMessage, toMessage } from './message.ts';

export interface Channel {
  /** The value as the receiver would get it. @throws if it can't be sent, or the error of a getter. */
  clone(this: void, value: unknown): unknown;
  /** The advice for a value that can't be sent. */
  readonly remedy: string;
}

/** The channel for messages between threads of one process. */
export const betweenThreads: Channel = {
  clone: (value) => fromMessage(structuredClone(toMessage(value))),
  remedy:
    'Pass plain data, or what structuredClone() can copy; ports and streams also need with({ transfer: [...] }).',
};
