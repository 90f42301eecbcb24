/** The functions of a worker by number. Each is imported or created at its first call. */
import type { FunctionEntry } from '../protocol/messages.ts';
import { clearTimeout, isInstance, SafeMap, setTimeout, TruePromise } from '../util/primordials.ts';
import { type Callable, callableOf } from './callable.ts';
import { type AnyFunction, notFound } from './import-function.ts';

interface Known {
  readonly entry: FunctionEntry;
  fn: AnyFunction | undefined;
}

export class FunctionTable {
  readonly #known: (Known | undefined)[] = [];
  readonly #importTimeout: number;
  /** The callbacks that wait for the announcement of a function. */
  readonly #awaited = new SafeMap<number, (() => void)[]>();

  constructor(importTimeout: number) {
    this.#importTimeout = importTimeout;
  }

  add(entry: FunctionEntry): void {
    this.#known[entry.id] = { entry, fn: undefined };
    const waiting = this.#awaited.get(entry.id) ?? [];
    this.#awaited.delete(entry.id);
    for (let i = 0; i < waiting.length; i++) waiting[i]?.();
  }

  has(id: number): boolean {
    return this.#known[id] !== undefined;
  }

  /** The name of the function in messages. */
  nameOf(id: number): string {
    return this.#known[id]?.entry.name ?? `function ${id}`;
  }

  /** The function, if it has been imported or created. */
  get(id: number): AnyFunction | undefined {
    return this.#known[id]?.fn;
  }

  /**
   * The function of a call for which {@link get} has none. Synchronous if nothing has to be imported. Failures are
   * not kept: the next call tries again.
   *
   * @param alone - true if no task is running in this worker.
   * @throws PicklingError, or rejects with it.
   */
  #resolve(id: number, args: unknown[], alone: boolean): Callable | Promise<Callable> {
    const known = this.#known[id];
    if (known === undefined) return this.#announced(id, args, alone);
    const { source } = known.entry;
    const made = callableOf(source, args, this.#importTimeout, alone);
    if ('value' in source && source.value === 'in each call') return made;
    if (isInstance(made, TruePromise)) return remember(known, made);
    known.fn = made.fn;
    return made;
  }

  /**
   * Runs a call for which {@link get} has no function, as soon as the function is available.
   *
   * @returns the result of `run`, or true after `fail`: true if the call is done. After an import the result is
   *   false, and `resume` is called if the call is done as soon as its function is available.
   */
  carryOn(
    call: { readonly id: number; readonly args: unknown[]; readonly alone: boolean },
    run: (fn: AnyFunction, args: unknown[]) => boolean,
    fail: (error: unknown) => void,
    resume: () => void,
  ): boolean {
    let ready: Callable | Promise<Callable>;
    try {
      ready = this.#resolve(call.id, call.args, call.alone);
    } catch (error) {
      fail(error);
      return true;
    }
    if (!isInstance(ready, TruePromise)) return run(ready.fn, ready.args);
    const later = async (promise: Promise<Callable>): Promise<void> => {
      let callable: Callable;
      try {
        callable = await promise;
      } catch (error) {
        fail(error);
        resume();
        return;
      }
      if (run(callable.fn, callable.args)) resume();
    };
    void later(ready);
    return false;
  }

  async #announced(id: number, args: unknown[], alone: boolean): Promise<Callable> {
    await this.#announcement(id);
    if (!this.has(id)) throw notFound(`Function ${id} was called but never announced.`);
    return await this.#resolve(id, args, alone);
  }

  /**
   * The announcement was sent before the call. In Deno the runtime may have taken it off its port without delivering
   * it yet: `receiveMessageOnPort` does not find it, and it arrives as an event.
   */
  #announcement(id: number): Promise<void> {
    return new TruePromise((resolve) => {
      const timer = setTimeout(resolve, this.#importTimeout);
      const waiting = this.#awaited.get(id) ?? [];
      this.#awaited.set(id, waiting);
      waiting[waiting.length] = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function remember(known: Known, made: Promise<Callable>): Promise<Callable> {
  const callable = await made;
  known.fn = callable.fn;
  return callable;
}
