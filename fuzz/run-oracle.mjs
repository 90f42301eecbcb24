/** Checks the number of runs of a call. */
import { BrokenExecutor } from 'concurrent-futures';

/** @param outer - the call whose task made it, if there is one. */
export function judgeRuns(evidence, call, outer) {
  if (!evidence.plan.kind.hosted) evidence.mustHaveRunOnce(call);
  else if (outer === undefined) judgeRepeated(evidence, call);
  else judgeInside(evidence, call, outer);
}

/** Hosts run calls again that were on a dead worker or host; and calls that have thrown, if their options say so. */
function judgeRepeated(evidence, call) {
  const { deaths, plan } = evidence;
  const runs = deaths.runsOf(call);
  const before = runs.slice(0, -1);
  const lost = before.filter((run) => deaths.undid(call, run)).length;
  const tries = call.options?.attempts ?? 1;
  const again = before.length - lost;
  if (again > (mayThrow(call) ? tries - 1 : 0)) evidence.wrong(call, `ran ${runs.length} times`);
  if (lost > (plan.mostDeaths - 1) * tries)
    evidence.wrong(
      call,
      `ran ${runs.length} times, and ${lost} times ended with its worker or host`,
    );
  if (lost === 0 && hasThrown(call) && runs.length < tries)
    evidence.wrong(call, `threw, and was tried ${runs.length} of ${tries} times`);
}

function mayThrow({ expect, passesOn }) {
  return expect?.thrown !== undefined || expect?.error !== undefined || passesOn === true;
}

function hasThrown({ expect, outcome, options, cancelled }) {
  if (expect?.thrown === undefined || options.timeout !== undefined || cancelled) return false;
  return outcome?.status === 'error' && !(outcome.error instanceof BrokenExecutor);
}

/** Each run of the outer call makes it anew, and the host's own pool runs it once. */
function judgeInside(evidence, call, outer) {
  const { length } = evidence.deaths.runsOf(call);
  const most = Math.max(1, evidence.deaths.runsOf(outer).length);
  if (length > most)
    evidence.wrong(call, `ran ${length} times, and what has made it ${most} times`);
}
