/** The possible steps of a round, by their name in plans: each gets the play and the plan's step. */
import {
  asCompleted,
  DeadlockError,
  FIRST_COMPLETED,
  TimeoutError,
  wait,
} from 'concurrent-futures';
import { now, readMarks } from './marks.mjs';
import { blockFor, within } from './patience.mjs';
import { echo, greet } from './tasks.mjs';

/** Milliseconds for which a parent blocks until a call of its has begun. */
const HANDSHAKE = 10_000;

/** Milliseconds for which `resultSync()` may block, which must not end the round. */
const BLOCKING = 300;

/** The share of a cluster's picks that is cancelled in both ways. */
const CONFIRMED = 0.5;

/** Milliseconds in which a worker that has settled a call begins to wait for the next. */
const SETTLING = 20;

export const steps = {
  submit(play, { calls }) {
    for (const call of calls) play.submit(call);
  },

  map: (play, { map }) => play.map(map),

  turn: () => new Promise((resolve) => void setImmediate(resolve)),

  pause: (_, { ms }) => pause(ms),

  async settle(play, { how }) {
    const calls = play.unsettled;
    if (calls.length > 0) await waits[how](play, calls);
  },

  cancel(play, { picks }) {
    const made = withFutures(play);
    // Prefers one of the last: the earlier ones are over.
    for (const pick of picks) {
      const call = made[Math.floor((1 - pick * pick) * made.length)];
      cancelOne(play, call);
      if (play.plan.kind.hosted && pick < CONFIRMED) confirmOne(call);
    }
  },

  abort: (play, { which }) => play.controllers[which].abort('aborted'),

  block: (_, { ms }) => blockFor(ms),

  resultSync(play, { picks }) {
    const made = withFutures(play);
    for (const pick of picks) blockOn(play, made[Math.floor(pick * made.length)]);
  },

  handshake,

  async signal(play, step) {
    if (step.wait !== undefined) await pause(step.wait);
    play.signals.send(step);
  },

  shutdown: (play, { options }) => void play.shutdown(options),

  force: (play, { how }) => play.force(how),
};

/** Ways to wait for calls. */
const waits = {
  all: (play) => play.allSettled(),

  async promises(play, calls) {
    const futures = calls.map(({ future }) => future);
    const all = await within(Promise.allSettled(futures), 'promises of calls settle');
    for (const [i, { status, value, reason }] of all.entries()) {
      const { id, outcome } = calls[i];
      const same =
        status === 'fulfilled'
          ? outcome?.status === 'value' && Object.is(value, outcome.value)
          : outcome?.status === 'error' && Object.is(reason, outcome.error);
      if (!same) play.wrong(`call ${id}: its promise and its callback differ`);
    }
  },

  async completed(play, calls) {
    const seen = new Set();
    const futures = calls.map(({ future }) => future);
    const all = async () => {
      for await (const next of asCompleted(futures)) seen.add(next);
    };
    await within(all(), 'asCompleted() ends');
    if (seen.size !== calls.length) play.wrong('asCompleted() left futures out');
  },

  async first(play, calls) {
    const futures = calls.map(({ future }) => future);
    const options = { returnWhen: FIRST_COMPLETED };
    const { done } = await within(wait(futures, options), 'a first call settles');
    if (done.size === 0) play.wrong('wait() found no call that is done');
  },
};

function pause(ms) {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function withFutures({ calls }) {
  return calls.filter(({ future }) => future !== undefined);
}

function cancelOne(play, call) {
  if (call === undefined) return;
  const { id, future } = call;
  const was = future.cancelled();
  const answer = future.cancel('the reason');
  (call.cancels ??= []).push(answer);
  if (answer !== future.cancelled())
    play.wrong(`call ${id}: cancel() was ${answer}, cancelled() is ${!answer}`);
  if (was && !answer) play.wrong(`call ${id}: cancelled, and then cancel() was false`);
}

/** Cancels with `cancelConfirmed()`, which only clusters have. */
function confirmOne(call) {
  if (call === undefined) return;
  const answers = (call.confirmed ??= []);
  const confirmation = call.future.cancelConfirmed('the reason');
  (call.confirmations ??= []).push(confirmation.then((answer) => void answers.push(answer)));
}

function blockOn(play, call) {
  if (call === undefined) return;
  const { id, future } = call;
  const { blocks } = play.plan.kind;
  const wasDone = future.done();
  try {
    const value = future.resultSync({ timeout: BLOCKING });
    if (!wasDone && !blocks) play.wrong(`call ${id}: resultSync() did not refuse to block`);
    if (!Object.is(call.outcome?.value, value))
      play.wrong(`call ${id}: resultSync() has another value`);
  } catch (error) {
    const isDue = blocks ? error instanceof TimeoutError : error instanceof DeadlockError;
    if (!future.done() && !isDue) play.wrong(`call ${id}: resultSync() threw ${String(error)}`);
  }
}

/** Blocks until a call has begun on an idle worker. */
async function handshake(play, { call, retires }) {
  await play.allSettled();
  await play.mapsEnd();
  if (play.shutAt !== undefined || retires) return;
  play.probes++;
  await within(play.pool.submit(echo, 0, 'warm'), 'a call returns');
  await pause(SETTLING);
  if (play.pool.stats().idle === 0) return;
  const { id } = call;
  let memory;
  if (play.plan.kind.processes) play.submit(call);
  else {
    memory = new Int32Array(new SharedArrayBuffer(4));
    const expect = { value: id };
    play.submit({ id, fn: greet, args: [id, memory, id], expect, options: {} });
  }
  if (call.unmarked || call.refused !== undefined || call.abortedBefore) return;
  if (!blockUntil(() => memory?.[0] === 1 || readMarks().has(id)))
    play.wrong(`call ${id} (${call.fn.name}) was not begun while its submitter blocked`);
}

function blockUntil(holds) {
  const until = now() + HANDSHAKE;
  while (!holds()) {
    if (now() > until) return false;
    blockFor(2);
  }
  return true;
}
