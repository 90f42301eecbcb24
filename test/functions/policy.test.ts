/** `functions: 'reference'`: no code is ever copied. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { type PoolOptions, PicklingError } from 'concurrent-futures';
import { addTen, giveHidden, named } from '../fixtures/functions/exported-forms.js';
import { submitClosure } from '../fixtures/nested-tasks.js';
import { workerBackends } from '../support/backends.js';

for (const backend of workerBackends) {
  suite(`functions: 'reference' (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1, functions: 'reference' });
    after(() => pool.shutdown());

    for (const [name, fn] of [
      [
        'a function of the entry script',
        function work(): number {
          return 1;
        },
      ],
      ['an arrow function in place', (): number => 1],
      ['what another module does not export', giveHidden()],
      ['a bound function', addTen.bind(undefined, 1)],
    ] as [string, () => unknown][]) {
      test(`${name} is refused, with a way out`, async () => {
        const error = await pool.submit(fn).exception();
        assert.ok(error instanceof PicklingError);
        assert.equal(error.code, 'ERR_NOT_REACHABLE');
        assert.match(error.message, /functions: 'reference'.*task\(import\.meta\.url, \w+\)/s);
        assert.match(error.message, /pool\.module\(new URL\(/);
      });
    }

    test('map refuses it as well', async () => {
      const local = (a: number): number => a;
      await assert.rejects(
        async () => {
          for await (const _ of pool.map(local, [1, 2]));
        },
        { code: 'ERR_NOT_REACHABLE' },
      );
    });

    test('a function among the arguments is code, too', async () => {
      const call = pool.submit(named as (a: unknown) => string, () => 1);
      const error = await call.exception();
      assert.ok(error instanceof PicklingError);
    });

    test('a task cannot have its pool copy code either', async () => {
      assert.equal(await pool.submit(submitClosure, 1), 'ERR_NOT_REACHABLE');
      await using permissive = backend.make({ maxWorkers: 1 });
      assert.equal(await permissive.submit(submitClosure, 1), 2);
    });

    test('what is exported is called', async () => {
      assert.equal(await pool.submit(named, 1), 'named 1');
    });
  });

  test(`functions takes 'auto' and 'reference' only (${backend.name})`, async () => {
    for (const bad of ['value', '', 'AUTO', 1, true, null, {}, ['auto']])
      assert.throws(
        () => backend.make({ functions: bad } as unknown as PoolOptions),
        (error: Error) => {
          assert.ok(error instanceof TypeError || error instanceof RangeError);
          assert.match(error.message, /functions.*'auto'.*'reference'/);
          return true;
        },
      );
    for (const good of ['auto', 'reference', undefined] as const)
      await backend.make({ functions: good }).shutdown();
  });
}

test('a proxy of a function is refused before it is asked anything, be it revoked', async () => {
  for (const backend of workerBackends) {
    await using pool = backend.make({ maxWorkers: 1 });
    const { proxy, revoke } = Proxy.revocable(() => 1, {});
    revoke();
    for (const fn of [proxy, new Proxy(() => 1, {})]) {
      const error = await pool.submit(fn).exception();
      assert.ok(error instanceof PicklingError, String(error));
      assert.equal(error.code, 'ERR_PROXY');
    }
  }
});
