/** Checks the outcomes of calls that a task has made. */

/**
 * @param outcomes - the task's result, see `nests`.
 * @param judgeValue - judges a call by its `outcome`.
 */
export function judgeInner(evidence, call, outcomes, judgeValue) {
  if (outcomes.length !== call.inner.length)
    evidence.wrong(call, 'lost outcomes of calls inside of it');
  for (const [i, inner] of call.inner.slice(0, outcomes.length).entries()) {
    const [ok, value, cancelled] = outcomes[i];
    if (cancelled && ok) evidence.wrong(inner, 'was cancelled inside of a task, and returned');
    if (ok) {
      inner.outcome = { status: 'value', value };
      judgeValue(inner);
    } else judgeError(evidence, inner, value, cancelled);
  }
}

function judgeError(evidence, inner, error, cancelled) {
  const { code, name, message } = error;
  if (code === 'ERR_CANCELLED') {
    evidence.mustNotHaveRun(inner, 'was cancelled');
    if (!cancelled && !evidence.cancelledAll)
      evidence.wrong(inner, 'was cancelled by nobody, inside of a task');
  } else if (code === 'ERR_SHUTDOWN' && evidence.wasShutDown) {
    evidence.mustNotHaveRun(inner, 'was refused');
  } else if (code === 'ERR_WORKER_DIED') {
    if (evidence.wasForced || evidence.deaths.excuse(inner, error)) return;
    const ran = evidence.ran(inner) ? 'ran' : 'never ran';
    evidence.say('innocent', inner, `${ran} inside of a task, and failed with ${message}`);
  } else if (!(code === 'ERR_DEADLOCK' && inner.mayDeadlock) && !evidence.isCodeDue(code)) {
    evidence.wrong(inner, `failed inside of a task with ${name} ${code}: ${message}`);
  }
}
