/** What a pool and the thread that manages its worker processes say to each other. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { WorkerDeath } from '../errors.ts';
import type { Frame } from './frame.ts';
import type { FunctionEntry } from './messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from './process-messages.ts';

/** What the thread is told before it starts. */
export interface ManagerStart {
  readonly maxWorkers: number;
  readonly maxTasksPerChild: number;
  readonly options: {
    readonly env?: NodeJS.ProcessEnv | undefined;
    readonly cwd?: string | undefined;
    readonly execArgv?: readonly string[] | undefined;
    readonly execPath?: string | undefined;
  };
  readonly shapes: Uint8Array;
  /** The script that workers run. */
  readonly entry: string;
  readonly port: MessagePort;
  /** Word 0 changes with each message of the thread's, for a pool that is blocked. */
  readonly mail: Int32Array;
}

/** Something that the pool has to know at once. */
export type ManagerQuestion =
  | { readonly about: 'withdraw' | 'begun' | 'lane'; readonly call: number }
  | { readonly about: 'idle' | 'last-words'; readonly lane: number }
  | { readonly about: 'pending' };

export type ManagerAnswer = boolean | number | string | readonly number[] | undefined;

export type ToManager =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly fn: number;
      readonly bytes: Uint8Array;
      readonly attached: readonly Uint8Array[];
    }
  | { readonly kind: 'announce'; readonly entry: FunctionEntry }
  | { readonly kind: 'spawn'; readonly lane: number; readonly start: Omit<ProcessStart, 'claims'> }
  | { readonly kind: 'tell'; readonly lane: number; readonly message: ToProcess }
  | { readonly kind: 'widen'; readonly lane: number; readonly calls: number }
  | { readonly kind: 'close'; readonly lane: number }
  | { readonly kind: 'kill'; readonly lane: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'ask'; readonly number: number; readonly question: ManagerQuestion }
  | { readonly kind: 'end' };

export type FromManager =
  | { readonly kind: 'outcome'; readonly lane: number; readonly frame: Frame }
  | { readonly kind: 'shapes'; readonly lane: number; readonly frame: Frame }
  | { readonly kind: 'message'; readonly lane: number; readonly message: FromProcess }
  | { readonly kind: 'leaving'; readonly lane: number }
  | {
      readonly kind: 'exited';
      readonly lane: number;
      readonly death: WorkerDeath;
      readonly cause: ErrorEnvelope | undefined;
      readonly leaving: boolean;
      readonly lost: readonly number[];
    }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: ManagerAnswer };
