/** The messages between a pool and the thread that manages its worker processes. */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { WorkerDeath } from '../errors.ts';
import type { Frame } from './frame.ts';
import type { FunctionEntry } from './messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from './process-messages.ts';

/** The data with which the thread is started. */
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
  /**
   * Memory that a blocked pool waits on. Word 0 changes with each message from the thread. Word 1 is the system's
   * number of the thread, or 0. Word 2 is 1 after the thread has ended.
   */
  readonly mail: Int32Array;
}

/** A question whose answer the pool waits for. */
export type ManagerQuestion =
  | { readonly about: 'withdraw' | 'begun' | 'worker'; readonly call: number }
  | { readonly about: 'idle' | 'last-words'; readonly worker: number }
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
  | {
      readonly kind: 'spawn';
      readonly worker: number;
      readonly start: Omit<ProcessStart, 'claims' | 'functions'>;
    }
  | { readonly kind: 'tell'; readonly worker: number; readonly message: ToProcess }
  | {
      readonly kind: 'set-waiting';
      readonly worker: number;
      readonly calls: number;
      readonly blocked: boolean;
    }
  | { readonly kind: 'close'; readonly worker: number }
  | { readonly kind: 'kill'; readonly worker: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'ask'; readonly number: number; readonly question: ManagerQuestion }
  | { readonly kind: 'end' };

export type FromManager =
  | { readonly kind: 'outcome'; readonly worker: number; readonly frame: Frame }
  | { readonly kind: 'shapes'; readonly worker: number; readonly frame: Frame }
  | { readonly kind: 'message'; readonly worker: number; readonly message: FromProcess }
  | { readonly kind: 'leaving' | 'emptied'; readonly worker: number }
  | {
      readonly kind: 'exited';
      readonly worker: number;
      readonly death: WorkerDeath;
      readonly cause: ErrorEnvelope | undefined;
      readonly leaving: boolean;
      readonly lost: readonly number[];
    }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: ManagerAnswer };
