/** What the judges of a round know: the plan, what was done, the marks; and what they have found. */
import { BrokenExecutor, ShutdownError } from 'concurrent-futures';
import { allCalls } from './calls.mjs';
import { Deaths } from './deaths.mjs';

/** So often has a worker to be killed while it starts until its pool may call that its verdict. */
const KILLS_IN_A_ROW = 3;

export class Evidence {
  play;
  plan;
  deaths;
  problems = [];
  #runs;

  /** @param runs - what `readMarks()` has found. */
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

  /** What may be the reason of a call that has failed because of its worker, as `Deaths.excuse()` asks for it. */
  limitsOf(call) {
    if (!this.plan.kind.hosted) return {};
    // What was to be cancelled, and had begun on a host that died, is not run again.
    const isUnwanted = call.cancels !== undefined || call.signal !== undefined || this.cancelledAll;
    return { needed: isUnwanted ? 1 : this.plan.mostDeaths, mayBeHost: true };
  }

  /** The ends that a call may be told of. @param told - what it is; a cluster knows nothing of the end of a host. */
  endsFor(call, told) {
    if (!this.plan.kind.hosted) return this.deaths.of(call);
    if (told === undefined && this.deaths.hosts.count > 0) return [{ anyEnd: true }];
    return this.deaths.all;
  }

  /** Which workers have run something for which `holds`. */
  workersOf(holds) {
    const calls = allCalls(this.play).filter(holds);
    return calls.flatMap(({ id }) => this.#runs.get(id)?.begins ?? []);
  }

  /** Where tasks have replaced what others of their worker need for what they do themselves. */
  get isLenient() {
    return this.plan.active.has('stubs');
  }

  get wasForced() {
    return this.play.forcedAt !== undefined;
  }

  get wasShutDown() {
    return this.play.shutAt !== undefined || this.plan.final === 'fromTask';
  }

  /** Whether somebody may have cancelled everything that had not begun. */
  get cancelledAll() {
    return this.play.cancelledAll;
  }

  /** Whether a pool in this state may take no calls for this reason. */
  isRefusal(error) {
    return error instanceof ShutdownError ? this.wasShutDown : this.isBreakageDue(error);
  }

  /** Whether the pool as a whole may be of no use any more, for this reason. */
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
