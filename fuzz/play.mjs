/** A running round: the pool, the actions on it, and the outcome of each call. */
import { Hosts } from './hosts.mjs';
import { runMap } from './map-calls.mjs';
import { now } from './marks.mjs';
import { Hang, progress, within } from './patience.mjs';
import { shown } from './shown.mjs';
import { Signals } from './signals.mjs';
import { steps } from './steps.mjs';
import { shutsDown } from './tasks.mjs';

export class Play {
  plan;
  pool;
  /** Of a cluster. */
  hosts;
  signals;
  /** Calls made by this thread, in order; calls of tasks belong to the call of their task. */
  calls = [];
  maps = [];
  problems = [];
  /** The time of the shutdown, and the time at which its workers were ended by force. */
  shutAt = undefined;
  forcedAt = undefined;
  /** True if all calls that had not begun were cancelled at some time. */
  cancelledAll = false;
  /** The number of calls that are not in `calls`. */
  probes = 0;
  controllers = [0, 1, 2].map(() => new AbortController());

  constructor(plan) {
    this.plan = plan;
    this.hosts = plan.kind.hosted ? new Hosts(plan.hosts) : undefined;
    this.signals = new Signals(this.hosts);
    this.hosts?.start();
    this.pool = plan.kind.make(plan.options);
  }

  async run() {
    for (const step of this.plan.steps) {
      try {
        await steps[step.do](this, step);
      } catch (error) {
        if (error instanceof Hang) throw error;
        this.wrong(`the step '${step.do}' threw ${shown(error)}`);
      }
    }
  }

  /** Notes a problem that no plan permits. */
  wrong(text) {
    this.problems.push({ kind: 'wrong', text });
  }

  submit(call) {
    this.calls.push(call);
    const signal = this.#signalOf(call);
    const options = signal === undefined ? call.options : { ...call.options, signal };
    call.abortedBefore = signal?.aborted ?? false;
    call.callbacks = 0;
    call.submittedAt = now();
    try {
      call.future = send(this.pool, call, options);
    } catch (error) {
      call.refused = error;
      return;
    }
    if (call.transfer !== undefined) call.detached = call.transfer.byteLength === 0;
    call.settled = this.#watch(call);
  }

  #signalOf({ signal }) {
    if (signal === 'aborted') return AbortSignal.abort('before');
    return this.controllers[signal]?.signal;
  }

  #watch(call) {
    return new Promise((resolve) => {
      call.future.addDoneCallback((future) => {
        progress();
        call.callbacks++;
        call.settledAt = now();
        call.outcome = outcomeOf(future);
        call.cancelled = future.cancelled();
        call.written = future.output;
        if (future !== call.future) this.wrong(`call ${call.id}: its callback got another future`);
        resolve();
      });
    });
  }

  map(map) {
    this.maps.push(map);
    map.over = runMap(this.pool, map);
    // Awaited at the end; an error of this file itself is to be seen there.
    map.over.catch(() => {});
  }

  get unsettled() {
    return this.calls.filter(({ future, callbacks }) => future !== undefined && callbacks === 0);
  }

  allSettled() {
    return within(Promise.all(this.unsettled.map(({ settled }) => settled)), 'calls settle');
  }

  /** The results of `cancelConfirmed()`. */
  allConfirmed() {
    const promises = this.calls.flatMap(({ confirmations = [] }) => confirmations);
    return within(Promise.all(promises), 'cancelConfirmed() resolves');
  }

  mapsEnd() {
    return within(Promise.all(this.maps.map(({ over }) => over)), 'maps end');
  }

  shutdown(options) {
    this.#noteShutdown(options.cancelFutures);
    return this.pool.shutdown(options);
  }

  /** @param how - the method of the pool. */
  force(how) {
    this.#noteShutdown(true);
    this.forcedAt ??= now();
    this.pool[how]();
  }

  #noteShutdown(cancelFutures) {
    this.shutAt ??= now();
    if (cancelFutures) this.cancelledAll = true;
  }

  /** Ends the pool as planned. @returns true if a pool is left to inspect. */
  async end() {
    const { final } = this.plan;
    if (final === 'exit') return false;
    if (final === 'forget') {
      this.pool = undefined;
      await this.allSettled();
      await this.mapsEnd();
      await this.#endHosts();
      return false;
    }
    if (final === 'fromTask') this.#shutDownFromTask();
    else if (final === 'terminateWorkers' || final === 'killWorkers') this.force(final);
    else if (final === 'again') void this.shutdown({ wait: false });
    await within(this.#close(final), 'shutdown() resolves');
    // Callbacks of futures run before; a map needs some turns of its promises.
    await this.mapsEnd();
    await this.allConfirmed();
    await this.#endHosts();
    return true;
  }

  async #endHosts() {
    this.signals.resumeAll();
    await this.hosts?.end();
  }

  #close(final) {
    if (final !== 'dispose') return this.shutdown({ cancelFutures: final === 'cancel' });
    this.#noteShutdown(false);
    return this.pool[Symbol.asyncDispose]();
  }

  #shutDownFromTask() {
    if (this.shutAt !== undefined) return;
    const id = -1;
    const expect = { value: id };
    this.submit({ id, fn: shutsDown, args: [id, false, id], expect, options: {} });
  }
}

function send(pool, call, options) {
  const view = Object.keys(options).length === 0 ? pool : pool.with(options);
  if (call.module === undefined) return view.submit(call.fn, ...call.args);
  return view.module(new URL(call.module, import.meta.url))[call.fn.name](...call.args);
}

function outcomeOf(future) {
  try {
    return { status: 'value', value: future.resultSync() };
  } catch (error) {
    return { status: 'error', error };
  }
}
