/**
 * Where a call was submitted: the caller's half of the stack of an error that comes from a worker.
 *
 *     PaymentError: not enough
 *         at charge (file:///shop/payment.js:12:9)          frames in the worker
 *         at worker ThreadPoolExecutor-0_1 (<anonymous>)    which one it was
 *         at checkOut (file:///shop/cart.js:31:22)          frames of whoever submitted the call
 *
 * Capturing a stack takes 2 to 4 µs, a call itself about one. So captures are on a budget of time:
 * they may take a fortieth of it, and what is not used is saved up for about a hundred calls in one
 * go. Calls that come every 0.3 ms or more rarely, and groups of a few dozen, always know where they
 * come from; of a burst it is the first ones and then one now and then. Where nothing is captured,
 * all of this costs a call 5 ns.
 *
 * The text of a stack costs as much again. It is made for an error, or else as soon as the event loop
 * has a turn, if the call is still under way then: without its text, a stack keeps the functions in it,
 * and with them whatever those can reach. A pool that the program has let go, for one, would not be
 * collected before its calls are done.
 */
import { isProxy } from 'node:util/types';

// Not the global one, for which a test may have put something else.
import { setImmediate, setTimeout } from 'node:timers';

type AnyFunction = (...args: never[]) => unknown;

/** Of all time, what captures may take. */
const SHARE = 1 / 40;
/** Milliseconds of capturing that can be saved up. */
const MOST_CREDIT = 0.3;
/** What one stack may be charged for: it may have been the system, or the collector, that took its time. */
const MOST_CHARGE = 0.1;
/** With no credit left even looking at the clock (50 ns) is too much: one call in so many does. */
const CALLS_PER_LOOK = 64;

const stackFrame = /^ +at /m;

/** A captured stack, formatted when it is needed. */
export class CallSite {
  /** How many have got it and not released it. */
  uses = 1;
  /** Defined by `Error.captureStackTrace`; made into text when it is first read. */
  declare readonly stack?: unknown;

  /** Whoever has got it does not need it any more. */
  release(): void {
    if (--this.uses === 0) unformatted.delete(this);
  }

  /** Lets the stack of an error go on here. One with no frames in it was left so on purpose, and stays. */
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
    // An Error.prepareStackTrace of the program's own. This is not needed so much that it may do harm.
  }
  return '';
}

const nowhere = new CallSite();
/** Those in use that still keep what is in their frames. */
const unformatted = new Set<CallSite>();

let credit = MOST_CREDIT;
let refilledAt = 0;
let callsToSkip = 0;
let timer: NodeJS.Timeout | undefined;
let textsAreDue = false;
let shared: CallSite | undefined;

/**
 * Who has called `entry`, which is running; undefined if that would be beyond the budget. Frames of
 * `entry` and of what it has called are left out. Within {@link withCallSite}: what was given there.
 *
 * Small, so that it is compiled as a part of its callers; the rest is not, because it is rarely reached.
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
    // Somebody's replacement for it.
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
  // Not by what is negative: a test may have had a clock of its own for a while.
  credit = Math.min(MOST_CREDIT, credit + Math.max(0, now - refilledAt) * SHARE);
  callsToSkip = credit > 0 ? 0 : CALLS_PER_LOOK - 1;
  refilledAt = now;
  return now;
}

function charge(began: number, most: number): void {
  credit -= Math.min(performance.now() - began, most);
  if (credit > 0) return;
  callsToSkip = CALLS_PER_LOOK - 1;
  // The calls that follow may come much later, and must not depend on which of them looks at the clock.
  timer ??= setTimeout(() => charge(refill(), 0), MOST_CREDIT / SHARE).unref();
  timer.refresh();
}

/** Runs `submit`, for which {@link captureCallSite} is `site`, or an empty one if that is undefined. */
export function withCallSite<R>(site: CallSite | undefined, submit: () => R): R {
  const outer = shared;
  shared = site ?? nowhere;
  try {
    return submit();
  } finally {
    shared = outer;
  }
}
