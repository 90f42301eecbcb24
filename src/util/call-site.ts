/**
 * Records where a call was submitted: the caller's half of the stack of an error that comes from a worker.
 *
 *     PaymentError: not enough
 *         at charge (file:///shop/payment.js:12:9)          frames in the worker
 *         at worker ThreadPoolExecutor-0_1 (<anonymous>)    the name of the worker
 *         at checkOut (file:///shop/cart.js:31:22)          frames of the submitter
 *
 * Capturing a stack takes 2 to 4 µs, a call itself about one. So captures have a budget of time: they may take a
 * fortieth of it. Unused budget accumulates, up to about a hundred captures in a row. Calls at intervals of 0.3 ms
 * or more, and groups of a few dozen, always have a call site. In a burst, the first calls have one, and then a call
 * now and then. A call without a capture pays 5 ns for all of this.
 *
 * The text of a stack costs as much again. It is made when an error needs it, or in the next event loop iteration if
 * the call is not done by then: a stack without its text keeps its functions alive, and everything they can reach.
 * For example, a pool without other references could not be garbage-collected before its calls are done.
 */
import { isProxy } from 'node:util/types';

// Not the globals, which a test may have replaced.
import { setImmediate, setTimeout } from 'node:timers';

type AnyFunction = (...args: never[]) => unknown;

/** The share of time that captures may take. */
const SHARE = 1 / 40;
/** The largest budget that can accumulate, in milliseconds. */
const MOST_CREDIT = 0.3;
/** The most that one stack is charged, in milliseconds: the system or the garbage collector may have taken the rest. */
const MOST_CHARGE = 0.1;
/** Without budget even reading the clock (50 ns) costs too much: only one call in this many reads it. */
const CALLS_PER_LOOK = 64;

const stackFrame = /^ +at /m;

/** A captured stack. It is formatted when it is needed. */
export class CallSite {
  /** Number of holders that have not released it. */
  uses = 1;
  /** Defined by `Error.captureStackTrace`, and formatted when it is first read. */
  declare readonly stack?: unknown;

  /** Called by each holder when it no longer needs the call site. */
  release(): void {
    if (--this.uses === 0) unformatted.delete(this);
  }

  /** Appends this stack to that of an error. A stack without frames was made so on purpose and is left unchanged. */
  extend(error: unknown): void {
    if (isProxy(error) || !(error instanceof Error)) return;
    const [stack, own] = [textOf(error), textOf(this)];
    const start = own.search(stackFrame);
    if (start < 0 || !stackFrame.test(stack)) return;
    Reflect.set(error, 'stack', `${stack}\n${own.slice(start).trimEnd()}`);
  }
}

function textOf(holder: { readonly stack?: unknown }): string {
  try {
    const { stack } = holder;
    if (typeof stack === 'string') return stack;
  } catch {
    // The program's own Error.prepareStackTrace has thrown. A call site is not important enough to fail for.
  }
  return '';
}

const nowhere = new CallSite();
/** Call sites in use whose stacks still keep their functions alive. */
const unformatted = new Set<CallSite>();

let credit = MOST_CREDIT;
let refilledAt = 0;
let callsToSkip = 0;
let timer: NodeJS.Timeout | undefined;
let textsAreDue = false;
let shared: CallSite | undefined;

/**
 * The call site of `entry`, a function that is running; undefined if the budget is used up. Frames of `entry` and of
 * functions that it has called are left out. Inside {@link withCallSite}, the result is the call site that was given
 * there.
 *
 * This function is small, so that it is inlined into its callers. The rest is separate, because it rarely runs.
 */
export function captureCallSite(entry: AnyFunction): CallSite | undefined {
  if (shared !== undefined) {
    shared.uses++;
    return shared;
  }
  if (callsToSkip > 0) {
    callsToSkip--;
    return undefined;
  }
  return capture(entry);
}

function capture(entry: AnyFunction): CallSite | undefined {
  const began = refill();
  if (credit <= 0) return undefined;
  const site = new CallSite();
  try {
    Error.captureStackTrace(site, entry);
  } catch {
    // The program has replaced captureStackTrace, and the replacement throws.
  }
  unformatted.add(site);
  if (!textsAreDue) setImmediate(makeTexts);
  textsAreDue = true;
  charge(began, MOST_CHARGE);
  return site;
}

function makeTexts(): void {
  textsAreDue = false;
  const began = refill();
  const most = MOST_CHARGE * unformatted.size;
  for (const site of unformatted) textOf(site);
  unformatted.clear();
  charge(began, most);
}

function refill(): number {
  const now = performance.now();
  // A negative difference does not count: a test may have replaced the clock for a while.
  credit = Math.min(MOST_CREDIT, credit + Math.max(0, now - refilledAt) * SHARE);
  callsToSkip = credit > 0 ? 0 : CALLS_PER_LOOK - 1;
  refilledAt = now;
  return now;
}

function charge(began: number, most: number): void {
  credit -= Math.min(performance.now() - began, most);
  if (credit > 0) return;
  callsToSkip = CALLS_PER_LOOK - 1;
  // The budget must not depend on whether one of the next calls reads the clock: they may come much later.
  timer ??= setTimeout(() => charge(refill(), 0), MOST_CREDIT / SHARE).unref();
  timer.refresh();
}

/** Runs `submit`, during which {@link captureCallSite} returns `site`, or an empty call site if `site` is undefined. */
export function withCallSite<R>(site: CallSite | undefined, submit: () => R): R {
  const outer = shared;
  shared = site ?? nowhere;
  try {
    return submit();
  } finally {
    shared = outer;
  }
}
