/** The evidence of a round: the plan, the actions, the marks, and the findings. */
import { BrokenExecutor, ShutdownError } from 'concurrent-futures';
import { allCalls } from './calls.mjs';
import { Deaths } from './deaths.mjs';

/** Number of kills during a start after which a pool may fail its calls. */
const KILLS_IN_A_ROW = 3;

export class Evidence {
  play;
  plan;
  deaths;
  problems = [];
  #runs;

  /** @param runs - the result of `readMarks()`. */
  constructor(play, runs) {
    this.play = play;
    this.plan = play.plan;
    this.#runs = runs;
    this.deaths = new Deaths(runs, allCalls(play), play);
  }

  /** @param kind - one of the counts of the last line: 'wrong', 'lost', … */
  say(kind, call, text) {
    const name = call.fn.name === '' ? 'a function' : call.fn.name;
    this.problems.push({ kind, text: `call ${call.id} (${name}) ${text}` });
  }

  wrong(call, text) {
    this.say('wrong', call, text);
  }

  ran(call) {
    return this.#runs.has(call.id);
  }

  mustNotHaveRun(call, why) {
    if (this.ran(call)) this.wrong(call, `${why}, and ran`);
  }

  mustHaveRunOnce(call) {
    const { begins = [], ends = [] } = this.#runs.get(call.id) ?? {};
    if (begins.length > 1) this.wrong(call, `ran ${begins.length} times`);
    if (ends.length > 1) this.wrong(call, `ended ${ends.length} times`);
  }

  /** The permitted reasons for a call that has failed because of its worker, for `Deaths.excuse()`. */
  limitsOf(call) {
    if (!this.plan.kind.hosted) return {};
    // A call with a request to cancel that had begun on a dead host is not run again.
    const isUnwanted = call.cancels !== undefined || call.signal !== undefined || this.cancelledAll;
    return { needed: isUnwanted ? 1 : this.plan.mostDeaths, mayBeHost: true };
  }

  /**
   * The ends that a call's error may report. @param told - the reported end; a cluster can't report how a host ended.
   */
  endsFor(call, told) {
    if (!this.plan.kind.hosted) return this.deaths.of(call);
    if (told === undefined && this.deaths.hosts.count > 0) return [{ anyEnd: true }];
    return this.deaths.all;
  }

  /** The workers that have run a call for which `holds` is true. */
  workersOf(holds) {
    const calls = allCalls(this.play).filter(holds);
    return calls.flatMap(({ id }) => this.#runs.get(id)?.begins ?? []);
  }

  /** True if tasks have replaced globals that others in their worker use. */
  get isLenient() {
    return this.plan.active.has('stubs');
  }

  get wasForced() {
    return this.play.forcedAt !== undefined;
  }

  get wasShutDown() {
    return this.play.shutAt !== undefined || this.plan.final === 'fromTask';
  }

  /** True if all calls that had not begun may have been cancelled. */
  get cancelledAll() {
    return this.play.cancelledAll;
  }

  /** True if a pool in this state may refuse calls for this reason. */
  isRefusal(error) {
    return error instanceof ShutdownError ? this.wasShutDown : this.isBreakageDue(error);
  }

  /** True if the pool as a whole may be broken, for this reason. */
  isBreakageDue(error) {
    return error instanceof BrokenExecutor && this.isCodeDue(error.code);
  }

  isCodeDue(code) {
    const { failsToStart, breaks } = this.plan;
    if (code === 'ERR_INITIALIZER') return failsToStart;
    if (code === 'ERR_POOL_BROKEN') return breaks && (this.deaths.any || this.wasForced);
    return code === 'ERR_WORKER_START' && this.play.signals.deadly.length >= KILLS_IN_A_ROW;
  }
}
