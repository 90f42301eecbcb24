/** The workers of one pool, as its transport sees them: started, asked, answered, ended. */
import { betweenProcesses } from '../codec/process-channel.ts';
import { unpackError } from '../codec/error-envelope.ts';
import type { Crew } from '../executor/backend.ts';
import { initializerCall } from '../executor/initializer-call.ts';
import type { Pool } from '../executor/pool.ts';
import { RelayHost } from '../executor/relay-host.ts';
import { appendOutput } from '../future/captured-output.ts';
import type { Future } from '../future/future.ts';
import type { NamedFunction } from '../protocol/messages.ts';
import type { FromProcess } from '../protocol/process-messages.ts';
import type { Call } from './call.ts';
import type { Dispatch } from './dispatch.ts';
import { OutcomeReader } from './outcome-reader.ts';

/** What is known of a worker besides its calls. */
export interface CrewMember {
  readonly outcomes: OutcomeReader;
  /** Calls that the worker's own tasks submit to the pool. */
  readonly relay: RelayHost;
  /** The calls that it died with. */
  lost: readonly Call<Future<unknown>>[];
}

/** What the crew needs of the transport whose workers these are. */
export interface CrewOwner {
  /** A call that a task submits to this very pool. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
}

export class ProcessCrew implements Crew {
  readonly #pool: Pool;
  readonly #dispatcher: Dispatch<Future<unknown>>;
  readonly #owner: CrewOwner;
  readonly #members = new Map<number, CrewMember>();

  constructor(pool: Pool, dispatcher: Dispatch<Future<unknown>>, owner: CrewOwner) {
    this.#pool = pool;
    this.#dispatcher = dispatcher;
    this.#owner = owner;
  }

  find(lane: number): CrewMember | undefined {
    return this.#members.get(lane);
  }

  /** Strikes a worker that is gone off the list. */
  remove(lane: number): void {
    this.#members.delete(lane);
  }

  spawn(lane: number, name: string): void {
    const { settings } = this.#pool;
    const relay = new RelayHost(
      name,
      {
        submit: (fn, args) => this.#owner.submit(fn, args),
        shutdown: (cancelFutures) => void this.#pool.shutdown({ wait: false, cancelFutures }),
        post: (message) => this.#dispatcher.tell(lane, message),
        waiting: (calls) => this.#dispatcher.widen(lane, calls),
        allBlocked: () => this.#allBlocked(),
      },
      betweenProcesses,
    );
    this.#dispatcher.spawn(lane, {
      name,
      initializer: initializerCall(settings, false),
      importTimeout: settings.startTimeout,
    });
    this.#members.set(lane, { outcomes: new OutcomeReader(), relay, lost: [] });
  }

  close(lane: number): void {
    this.#dispatcher.close(lane);
  }

  terminate(lane: number, signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#dispatcher.kill(lane, signal);
  }

  lastWords(lane: number): string | undefined {
    return this.#dispatcher.lastWords(lane);
  }

  hear(lane: number, message: FromProcess): void {
    switch (message.kind) {
      case 'ready':
        this.#pool.ready(lane);
        break;
      case 'start-failed':
        this.#pool.startFailed(lane, unpackError(message.error));
        break;
      case 'dying':
        this.#dispatcher.blame(lane, unpackError(message.error));
        break;
      case 'request':
        this.#members.get(lane)?.relay.receive(message.request, (yes) => {
          this.#dispatcher.tell(lane, { kind: 'answer', yes });
        });
        break;
      case 'output': {
        const future = this.#dispatcher.calls.get(message.call)?.owner;
        if (future !== undefined) appendOutput(future, message.stream, message.text);
        break;
      }
      default:
        message satisfies never;
    }
  }

  #allBlocked(): boolean {
    if (this.#members.size < this.#pool.settings.maxWorkers) return false;
    return [...this.#members.values()].every(({ relay }) => relay.isWaiting());
  }
}
