/**
 * A worker from its start to its end: the initializer, messages, the report of its end. Calls are in `call-loop.ts`;
 * the communication with the parent is in the port.
 *
 *     begin -> initializer -> ready -> calls … -> close, or its last call -> leave
 *
 * An announced end may not come. Exit handlers run before it, and one that throws prevents it; an uncaught error may
 * still be handled. So the worker announces its end to the parent, and withdraws that if its event loop runs again.
 * In between it takes no calls. If exit handlers have run, it finishes its calls afterwards and ends, because the
 * handlers may have left it in any state.
 */
import { packError } from '../codec/error-envelope.ts';
import type { ToWorker, WorkerStart } from '../protocol/messages.ts';
import { setParentChannel } from '../protocol/parent-channel.ts';
import {
  apply,
  exitProcess,
  isExiting,
  noLongerExiting,
  onProcess,
  setImmediate,
} from '../util/primordials.ts';
import { CallLoop } from './call-loop.ts';
import type { WorkerPort } from './call-port.ts';
import { callableOf } from './callable.ts';
import { FunctionTable } from './function-table.ts';
import { NestedCallChannel } from './nested-call-channel.ts';

export class WorkerRuntime<C> {
  readonly #port: WorkerPort<C>;
  readonly #channel: NestedCallChannel;
  #functions = new FunctionTable(0);
  #loop: CallLoop<C> | undefined = undefined;

  constructor(port: WorkerPort<C>) {
    this.#port = port;
    this.#channel = new NestedCallChannel(port, {
      takeMore: () => this.#loop?.resume(),
      takeLess: () => this.#loop?.stopIfFull(),
      hold: () => this.#loop?.hold(),
      release: () => this.#loop?.release(),
    });
    setParentChannel(this.#channel);
    onProcess('uncaughtExceptionMonitor', (error: unknown) => {
      this.#tellCause(error);
      this.#tellIfAlive();
    });
    onProcess('exit', (code: number) => {
      if (isExiting()) this.#depart(code);
    });
  }

  /** Runs the initializer, reports ready, and begins to take calls. */
  async begin(start: WorkerStart): Promise<void> {
    const { name, initializer, importTimeout, maxTasks, functions } = start;
    this.#channel.name = name;
    this.#functions = new FunctionTable(importTimeout);
    for (let i = 0; i < functions.length; i++)
      this.#functions.add(functions[i] as (typeof functions)[number]);
    if (initializer !== undefined) {
      this.#port.send({ kind: 'initializing' });
      try {
        const { source } = initializer.fn;
        const { fn, args } = await callableOf(source, initializer.args, importTimeout, true);
        await apply(fn, undefined, args);
      } catch (error) {
        const task = `the initializer ${initializer.fn.name}`;
        this.#port.send({
          kind: 'start-failed',
          error: packError(error, name, task, this.#port.channel),
        });
        exitProcess(1);
        return;
      }
    }
    this.#port.send({ kind: 'ready' });
    const settings = { name, maxTasks, onFault: (error: unknown): void => this.#die(error) };
    this.#loop = new CallLoop(this.#port, this.#functions, this.#channel, settings);
    // A call that only this worker can run may have come before the worker was ready, and is run first.
    while (this.#port.receiveNow());
    if (this.#closing) this.#loop.close();
    if (this.#departed) this.#loop.depart();
    this.#loop.resume();
  }

  #closing = false;
  #departed = false;

  #tellCause(error: unknown): void {
    const { channel } = this.#port;
    const text = 'code outside any task';
    this.#port.send({ kind: 'dying', error: packError(error, this.#channel.name, text, channel) });
  }

  /** The loop has given up. Exit handlers may prevent the exit, so the parent is told to end this worker. */
  #die(error: unknown): void {
    this.#tellCause(error);
    this.#port.send({ kind: 'leaving' });
    try {
      exitProcess(1);
    } catch {
      // An exit handler has thrown. The parent ends this worker.
    }
  }

  #depart(code: number): void {
    this.#departed = true;
    this.#loop?.depart();
    this.#port.departs(code);
    this.#tellIfAlive();
  }

  /** Reports that the worker is alive in the next event loop iteration, which only runs if the worker has not ended. */
  #tellIfAlive(): void {
    setImmediate(this.#isAlive);
  }

  readonly #isAlive = (): void => {
    // The worker has left and is only unable to end. The parent, which waits for its end, ends it.
    if (this.#loop?.hasEnded === true) return;
    if (this.#departed) noLongerExiting();
    this.#port.stays();
    this.#port.send({ kind: 'still-here' });
    if (this.#departed) this.#loop?.stay();
  };

  /** The loop, if it has been created. */
  get loop(): CallLoop<C> | undefined {
    return this.#loop;
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'function':
        this.#functions.add(message.entry);
        break;
      case 'settled':
        this.#channel.settled(message.call, message.outcome);
        break;
      case 'deadlock':
        this.#channel.deadlock(message.call);
        break;
      case 'close':
        this.#closing = true;
        this.#port.closes();
        this.#loop?.close();
        break;
      default:
        message satisfies never;
    }
  }
}
