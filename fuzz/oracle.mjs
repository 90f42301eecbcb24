/**
 * Checks the outcome of each call.
 *
 * The permitted outcomes follow from the plan (the call, and everything else in the round) and from the marks (time and
 * place of its runs, and their neighbours), never from the library's own statements.
 */
import { CancelledError, PicklingError } from 'concurrent-futures';
import { Evidence } from './evidence.mjs';
import { judgeOutcome } from './outcome-oracle.mjs';
import { judgeRuns } from './run-oracle.mjs';
import { shown } from './shown.mjs';
import { shutsDown } from './tasks.mjs';

/** @returns the problems of a round whose pool is gone. */
export function judge(play, runs) {
  const evidence = new Evidence(play, runs);
  for (const call of play.calls) judgeCall(evidence, call);
  for (const map of play.maps) judgeMap(evidence, map);
  if (play.hosts !== undefined) judgeHosts(evidence, play.hosts);
  return evidence.problems;
}

function judgeCall(evidence, call) {
  judgeRuns(evidence, call);
  for (const inner of call.inner ?? []) judgeRuns(evidence, inner, call);
  if (call.refused !== undefined) judgeRefusal(evidence, call, call.refused);
  else if (call.callbacks === 0)
    evidence.say('lost', call, `is not settled; it is ${call.future.state}`);
  else judgeSettled(evidence, call);
}

function judgeSettled(evidence, call) {
  if (call.transfer !== undefined) judgeTransfer(evidence, call);
  if (call.callbacks !== 1) evidence.wrong(call, `called back ${call.callbacks} times`);
  const { cancels = [] } = call;
  if (cancels.includes(true) && !call.cancelled)
    evidence.wrong(call, 'was not cancelled by a cancel() that was true');
  // A call that runs, or has run, can't be cancelled any more. On a cluster that is known later.
  if (call.cancelled && cancels[0] === false && !evidence.plan.kind.hosted)
    evidence.wrong(call, 'was cancelled after a cancel() that was false');
  for (const answer of call.confirmed ?? []) {
    if (answer !== call.cancelled)
      evidence.wrong(call, `cancelConfirmed() was ${answer}, cancelled() is ${call.cancelled}`);
  }
  judgeOutcome(evidence, call);
}

/** Hosts end as they were told to, and not by themselves, unless a task has shut their pool down. */
function judgeHosts(evidence, { all }) {
  const broken = evidence.workersOf(({ fn }) => fn === shutsDown);
  for (const host of all) {
    const hasBroken = broken.some(({ pid, parent }) => [pid, parent].includes(host.pid));
    const fault = host.faultOfEnd(hasBroken);
    if (fault !== undefined) evidence.problems.push({ kind: 'wrong', text: fault });
  }
}

function judgeRefusal(evidence, call, error) {
  evidence.mustNotHaveRun(call, 'was refused');
  if (!evidence.isRefusal(error)) evidence.wrong(call, `was refused by ${shown(error)}`);
}

function judgeTransfer(evidence, call) {
  const { abortedBefore, detached, outcome, options } = call;
  if (abortedBefore && detached) evidence.wrong(call, 'was aborted before, and its buffer is gone');
  const mayStay = outcome?.error instanceof PicklingError || options.timeout === 0;
  if (!abortedBefore && !detached && !mayStay) evidence.wrong(call, 'left its buffer where it was');
}

function judgeMap(evidence, map) {
  const whole = { id: map.items[0]?.id, fn: { name: 'map' } };
  if (map.fault !== undefined) evidence.wrong(whole, map.fault);
  const end = map.refused ?? map.ended;
  if (end !== undefined && !evidence.isRefusal(end))
    evidence.wrong(whole, `ended with ${shown(end)}`);
  for (const item of map.items) {
    judgeRuns(evidence, item);
    if (map.refused !== undefined) evidence.mustNotHaveRun(item, 'was refused');
    if (item.outcome === undefined) continue;
    item.cancelled = item.outcome.error instanceof CancelledError;
    judgeOutcome(evidence, item);
  }
}
