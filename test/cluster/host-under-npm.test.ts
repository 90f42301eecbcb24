/** A host that npm has started: npm ends without a word to it, and it must not stay behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';

const CLI = fileURLToPath(new URL('../../../dist/bundle/cli.js', import.meta.url));

test('it ends in order when npm has ended', { skip: needsRedis }, async (t) => {
  const args = ['host', '--json', '--redis', redisUrl(), '--queue', uniqueQueue(t)];
  // A shell with something left to do does not become the program that it starts. So it is with npm's.
  const npm = spawn('/bin/sh', ['-c', '"$@"; :', 'sh', process.execPath, CLI, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_command: 'exec', NODE_OPTIONS: '' },
    detached: true,
  });
  const { pid } = npm;
  assert.ok(pid !== undefined);
  t.after(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // They have all ended, as they should.
    }
  });
  const events: string[] = [];
  const lines = createInterface(npm.stdout).on('line', (line) => {
    const { event } = JSON.parse(line) as { event: string };
    events.push(event);
    if (event === 'started') npm.kill('SIGKILL');
  });
  await once(lines, 'close');
  assert.deepEqual(events, ['started', 'draining', 'stopped']);
});
