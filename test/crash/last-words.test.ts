/** What a dying worker writes to stderr is quoted in the error of the call that it takes along. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complainAndExit, exitWith } from '../fixtures/crashing-tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';

for (const backend of workerBackends) {
  test(`the error quotes the last lines of stderr, which arrive on the parent's as well (${backend.name})`, async (t) => {
    const write = t.mock.method(process.stderr, 'write', () => true);
    await using pool = backend.make({ maxWorkers: 1 });
    const error = await deathOf(backend, pool.submit(complainAndExit, 'out of tea\n'));
    assert.equal(error.exitCode, 4);
    assert.equal(error.stderr, 'out of tea');
    assert.match(error.message, /exit code 4.*stderr:\nout of tea/s);
    assert.equal(
      write.mock.calls.map((call) => String(call.arguments[0])).join(''),
      'out of tea\n',
    );
  });

  test(`of much output only the end is quoted (${backend.name})`, async (t) => {
    t.mock.method(process.stderr, 'write', () => true);
    await using pool = backend.make({ maxWorkers: 1 });
    const error = await deathOf(
      backend,
      pool.submit(complainAndExit, `${'.'.repeat(5000)}the end\n`),
    );
    assert.match(error.stderr ?? '', /the end$/);
    assert.ok((error.stderr ?? '').length < 5000);
  });

  test(`a worker that says nothing leaves no text, and no words of the one before it (${backend.name})`, async (t) => {
    t.mock.method(process.stderr, 'write', () => true);
    await using pool = backend.make({ maxWorkers: 1 });
    await deathOf(backend, pool.submit(complainAndExit, 'first\n'));
    const error = await deathOf(backend, pool.submit(exitWith, 1));
    assert.equal(error.stderr, undefined);
    assert.doesNotMatch(error.message, /first|stderr/);
  });
}
