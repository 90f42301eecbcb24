/** Checks whether a call may have its outcome. */
import { isDeepStrictEqual } from 'node:util';
import {
  BrokenExecutor,
  CancelledError,
  PicklingError,
  ShutdownError,
  TimeoutError,
} from 'concurrent-futures';
import { judgeInner } from './inner-oracle.mjs';
import { shown } from './shown.mjs';
import { faultOfThrown, TEXT } from './thrown.mjs';

/** Timers may be early by a part of a millisecond. */
const EARLY = 2;

export function judgeOutcome(evidence, call) {
  const { outcome } = call;
  if (call.cancelled) return judgeCancelled(evidence, call);
  if (call.abortedBefore && !(outcome.error instanceof PicklingError))
    evidence.wrong(call, `had an aborted signal, and settled with ${shown(outcome)}`);
  if (outcome.status === 'value') return judgeReturned(evidence, call);
  const { error } = outcome;
  if (isOwnError(evidence, call, error)) return;
  if (error instanceof BrokenExecutor) return judgeBroken(evidence, call, error);
  if (error instanceof TimeoutError && call.options?.timeout !== undefined)
    return judgeTimeout(evidence, call, error);
  if (call.passesOn && mayPassOn(evidence, error)) return;
  evidence.wrong(call, `failed with ${shown(error)}`);
}

/** The errors of inner calls, which the task passes on. */
function mayPassOn(evidence, error) {
  if (error instanceof CancelledError) return evidence.cancelledAll;
  return error instanceof ShutdownError && evidence.isRefusal(error);
}

function judgeCancelled(evidence, call) {
  // Between two attempts the call has run, and can be cancelled.
  if (call.options?.attempts === undefined) evidence.mustNotHaveRun(call, 'was cancelled');
  const { error } = call.outcome;
  if (!(error instanceof CancelledError) || error.code !== 'ERR_CANCELLED')
    evidence.wrong(call, `was cancelled with ${shown(error)}`);
  const { hosted } = evidence.plan.kind;
  const isCancelled = hosted ? call.cancels !== undefined : call.cancels?.includes(true) === true;
  const asked = isCancelled || call.signal !== undefined;
  if (!asked && !evidence.cancelledAll) evidence.wrong(call, 'was cancelled by nobody');
}

function judgeReturned(evidence, call) {
  judgeValue(evidence, call);
  const { expect, output, outcome } = call;
  if (expect?.inner !== undefined) {
    judgeInner(evidence, call, outcome.value, (inner) => judgeValue(evidence, inner));
  }
  if (output !== undefined && !isDeepStrictEqual({ ...call.written }, output))
    evidence.wrong(call, `wrote ${shown(call.written)} instead of ${shown(output)}`);
}

function judgeValue(evidence, call) {
  const { value } = call.outcome;
  if (!call.unmarked && !evidence.ran(call))
    evidence.wrong(call, `never ran, and returned ${shown(value)}`);
  else if (call.fatal?.certain)
    evidence.wrong(call, `ended its worker, and returned ${shown(value)}`);
  else judgeExpected(evidence, call, value);
}

function judgeExpected(evidence, call, value) {
  const { expect = {} } = call;
  if ('value' in expect && !isDeepStrictEqual(value, expect.value))
    evidence.wrong(call, `returned ${shown(value)} instead of ${shown(expect.value)}`);
  const found = expect.check?.(value) ?? true;
  if (found !== true) evidence.wrong(call, `returned what ${found}`);
  if (expect.thrown !== undefined && !evidence.isLenient)
    evidence.wrong(call, `threw ${expect.thrown}, and returned ${shown(value)}`);
  if (expect.error !== undefined && evidence.plan.kind.isolated)
    evidence.wrong(call, `returned ${shown(value)} and did not fail with ${expect.error}`);
}

/** True if it is the task's own error. Reports changes on its way. */
function isOwnError(evidence, call, error) {
  const { thrown, error: name } = call.expect ?? {};
  if (name !== undefined && error?.name === name) return true;
  if (thrown === undefined || !evidence.ran(call) || isOfPool(error)) return false;
  const { isolated } = evidence.plan.kind;
  const fault = evidence.isLenient ? undefined : faultOfThrown(thrown, error, isolated);
  if (fault !== undefined) evidence.wrong(call, `threw ${thrown}, which ${fault}: ${shown(error)}`);
  return true;
}

/** Tasks throw errors of the library's classes, too, with a text of their own. */
function isOfPool(error) {
  if (error instanceof BrokenExecutor || error instanceof TimeoutError)
    return error.message !== TEXT;
  return false;
}

function judgeTimeout(evidence, call, error) {
  const took = call.settledAt - call.submittedAt;
  const { timeout } = call.options;
  if (took < timeout - EARLY) evidence.wrong(call, `was timed out after ${took} of ${timeout} ms`);
  if (error.message.includes('never will')) evidence.mustNotHaveRun(call, error.message);
}

function judgeBroken(evidence, call, error) {
  // An error that a task passes on is of the pool of its host.
  const isOfHost = evidence.plan.kind.hosted && call.passesOn;
  if (!isOfHost && !(error instanceof evidence.plan.kind.brokenClass))
    evidence.wrong(call, `failed with a ${error.name}`);
  if (error.code !== 'ERR_WORKER_DIED') {
    if (!evidence.isBreakageDue(error)) evidence.wrong(call, `failed with ${shown(error)}`);
  } else if (call.expect?.unsent) {
    evidence.wrong(call, `can't be sent, and failed with ${shown(error)}`);
  } else if (!evidence.wasForced) judgeDeath(evidence, call, error);
}

function judgeDeath(evidence, call, error) {
  if (!evidence.deaths.excuse(call, error, evidence.limitsOf(call))) {
    const ran = evidence.ran(call) ? 'ran' : 'never ran';
    evidence.say('innocent', call, `${ran}, and failed with ${shown(error)}`);
  } else if (evidence.ran(call) && !call.passesOn) judgeEnd(evidence, call, error);
}

/** Exit code or signal must be of one of the possible ends of the worker, and the name that of the task. */
function judgeEnd(evidence, call, { exitCode, signal, task, message }) {
  const isTold = (end) =>
    end.anyEnd ||
    (exitCode !== undefined && end.exitCode === exitCode) ||
    (signal !== undefined && end.signals?.includes(signal));
  if (
    !evidence.isLenient &&
    !call.unmarked &&
    !evidence.endsFor(call, exitCode ?? signal).some(isTold)
  )
    evidence.wrong(call, `was told another end of its worker: ${shown(message)}`);
  if (task !== undefined && call.fn.name !== '' && task !== call.fn.name)
    evidence.wrong(call, `was told the name of another task: ${task}`);
}
