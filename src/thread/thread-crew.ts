/**
 * The workers of one pool, lane by lane: started, listened to, ended, and seen to be dead.
 *
 * A worker's death is told by its `exit` event. While this thread is blocked no event arrives, so a
 * blocked parent looks for the dead itself (`buryTheDead`): a worker that leaves by its own exit hook
 * has said so in its lane's words, and the system knows of the others.
 */
import { fromMessage } from '../codec/message.ts';
import { unpackError } from '../codec/error-envelope.ts';
import type { WorkerDeath } from '../errors.ts';
import type { Crew } from '../executor/backend.ts';
import { initializerCall } from '../executor/initializer-call.ts';
import type { Pool } from '../executor/pool.ts';
import { appendOutput } from '../future/captured-output.ts';
import type { Future } from '../future/future.ts';
import {
  Answer,
  type FunctionEntry,
  type NamedFunction,
  type ToParent,
  type ToWorker,
} from '../protocol/messages.ts';
import { Lane } from './lane.ts';
import { Departure, type Layout, LaneWord } from './layout.ts';
import type { Parking } from './parking.ts';
import { RelayHost } from '../executor/relay-host.ts';
import { isThreadGone } from './system-thread.ts';
import { ThreadHandle, type ThreadOptions } from './thread-handle.ts';

/** What the crew needs of the transport whose workers these are. */
export interface CrewOwner {
  /** A call that a task submits to this very pool. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  functions(): FunctionEntry[];
  /** The call in a slot. */
  callIn(slot: number): Future<unknown> | undefined;
}

export class ThreadCrew implements Crew {
  /** The lanes that have a worker. */
  readonly lanes: Lane[] = [];
  readonly #pool: Pool;
  readonly #options: ThreadOptions;
  readonly #memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #parking: Parking;
  readonly #owner: CrewOwner;

  constructor(
    pool: Pool,
    options: ThreadOptions,
    {
      memory,
      words,
      layout,
      parking,
    }: { memory: SharedArrayBuffer; words: Int32Array; layout: Layout; parking: Parking },
    owner: CrewOwner,
  ) {
    this.#pool = pool;
    this.#options = options;
    this.#memory = memory;
    this.#words = words;
    this.#layout = layout;
    this.#parking = parking;
    this.#owner = owner;
  }

  /** @throws what `new Worker` throws; PicklingError if the initializer can't be found by a worker. */
  spawn(index: number, name: string): void {
    const { settings } = this.#pool;
    const thread = new ThreadHandle(
      {
        memory: this.#memory,
        maxWorkers: settings.maxWorkers,
        lane: index,
        name,
        functions: this.#owner.functions(),
        initializer: initializerCall(settings, true),
        maxTasks: settings.maxTasksPerChild,
        importTimeout: settings.startTimeout,
      },
      this.#options,
      {
        message: (message) => this.#hear(lane, message),
        exited: (death) => this.#exited(lane, death),
      },
    );
    const relay = new RelayHost(name, {
      submit: (fn, args) => this.#owner.submit(fn, args),
      shutdown: (cancelFutures) => void this.#pool.shutdown({ wait: false, cancelFutures }),
      post: (message) => this.#postAndWake(lane, message),
      allBlocked: () => this.#allBlocked(),
    });
    const lane = new Lane(index, this.#memory, this.#words, this.#layout, thread, relay);
    this.lanes.push(lane);
  }

  close(index: number): void {
    this.find(index)?.thread.close();
  }

  terminate(index: number): void {
    this.find(index)?.thread.terminate();
  }

  lastWords(index: number): string | undefined {
    return this.find(index)?.thread.lastWords;
  }

  find(index: number): Lane | undefined {
    return this.lanes.find((lane) => lane.index === index);
  }

  announce(entry: FunctionEntry): void {
    for (const lane of this.lanes) lane.thread.post({ kind: 'function', entry });
  }

  /** Delivers the messages that have arrived. */
  deliver(): void {
    for (const lane of this.lanes) while (lane.thread.deliver());
  }

  /** Strikes a worker that is gone off the list. */
  remove(lane: Lane): void {
    this.lanes.splice(this.lanes.indexOf(lane), 1);
    lane.forgetLate();
  }

  /** After {@link remove} and when its calls are settled: the lane is as if it had never had a worker. */
  clear(lane: Lane): void {
    const words = this.#layout.laneWords(lane.index);
    Atomics.store(this.#words, words + LaneWord.Departing, Departure.None);
    Atomics.store(this.#words, words + LaneWord.ThreadId, 0);
    this.#parking.clear(lane.index);
  }

  /** While this thread is blocked nobody tells it of a worker's end. */
  buryTheDead(): void {
    for (const lane of this.lanes.toReversed()) {
      const departing = this.#word(lane, LaneWord.Departing) !== Departure.None;
      if (departing) this.#exited(lane, { exitCode: this.#word(lane, LaneWord.ExitCode) });
      else if (isThreadGone(this.#word(lane, LaneWord.ThreadId))) this.#exited(lane, {});
    }
  }

  #hear(lane: Lane, message: ToParent): void {
    switch (message.kind) {
      case 'ready':
        lane.ready = true;
        this.#pool.ready(lane.index);
        break;
      case 'start-failed':
        this.#pool.startFailed(lane.index, unpackError(message.error));
        break;
      case 'dying':
        lane.thread.cause = unpackError(message.error);
        break;
      case 'request':
        lane.relay.receive(message.request, (yes) => answer(message.answer, yes));
        break;
      case 'output': {
        const future = this.#owner.callIn(message.slot);
        if (future !== undefined) appendOutput(future, message.stream, message.text);
        break;
      }
      case 'outcome':
        lane.keepOutcome(message.slot, fromMessage(message.value));
        break;
      default:
        message satisfies never;
    }
  }

  #postAndWake(lane: Lane, message: ToWorker): void {
    lane.thread.post(message);
    const mail = this.#layout.laneWords(lane.index) + LaneWord.Mail;
    Atomics.add(this.#words, mail, 1);
    Atomics.notify(this.#words, mail);
  }

  #allBlocked(): boolean {
    if (this.lanes.length < this.#pool.settings.maxWorkers) return false;
    return this.lanes.every(
      (lane) => this.#parking.isBlocked(lane.index) && lane.relay.isWaiting(),
    );
  }

  #exited(lane: Lane, death: WorkerDeath): void {
    if (!this.lanes.includes(lane)) return;
    while (lane.thread.deliver());
    const retired = this.#word(lane, LaneWord.Departing) === Departure.Retired;
    this.#pool.exited(lane.index, death, lane.thread.cause, retired);
  }

  #word(lane: Lane, word: number): number {
    return Atomics.load(this.#words, this.#layout.laneWords(lane.index) + word);
  }
}

/** Wakes a worker that waits for the answer to its request. */
function answer(word: Int32Array | undefined, yes: boolean): void {
  if (word === undefined) return;
  Atomics.store(word, 0, yes ? Answer.Yes : Answer.No);
  Atomics.notify(word, 0);
}
