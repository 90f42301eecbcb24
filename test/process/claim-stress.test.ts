/** A claim log between two processes: one claims as fast as it can, the other takes back what is next. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ParentClaims } from '#dist/process/claim-log.js';

const CALLS = 60_000;
const script = fileURLToPath(new URL('../fixtures/claim-hammer.js', import.meta.url));

test('every call is either run by the one process or taken back by the other', async (t) => {
  const log = new ParentClaims();
  const child = spawn(process.execPath, [script, String(CALLS), String(log.secret)], {
    stdio: ['pipe', 'pipe', 'inherit', log.fd],
  });
  t.after(() => {
    child.kill('SIGKILL');
    log.close();
  });
  assert.ok(child.stdout !== null && child.stdin !== null);
  const output = text(child.stdout);
  const ended = once(child, 'exit');
  child.stdin.end('x');

  const taken = new Set<number>();
  let contended = 0;
  let seed = 1;
  for (let claimed = 0; claimed < CALLS;) {
    // Right before its nose, so that both want the same calls.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    const from = log.claimed() + 1 + ((seed >>> 8) % 4);
    const to = Math.min(CALLS, from + ((seed >>> 16) % 3));
    if (from > CALLS) break;
    claimed = log.take(from, to);
    assert.ok(claimed >= 0);
    if (claimed >= from) contended++;
    for (let call = from; call <= to; call++) if (call > claimed) taken.add(call);
  }
  assert.deepEqual(await ended, [0, null]);
  const run = new Set(JSON.parse(await output) as number[]);
  for (let call = 1; call <= CALLS; call++) {
    if (run.has(call)) assert.ok(!taken.has(call), `call ${call} was run, and taken back`);
    else assert.ok(taken.has(call), `call ${call} was neither run nor taken back`);
  }
  assert.ok(taken.size > 0 && run.size > 0, `${taken.size} taken, ${run.size} run`);
  t.diagnostic(`${taken.size} taken, ${run.size} run, ${contended} times the worker was first`);
});
