/** Runs cases of functions that travel by value, on pools of every kind. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { workerBackends } from './backends.js';

/** Makes a function, and its expected result. */
export type ValueCase = () => readonly [fn: () => unknown, expected: unknown];

/** One worker runs all cases, so that an effect of one disturbs the next. */
export function runCases(title: string, cases: Readonly<Record<string, ValueCase>>): void {
  for (const backend of workerBackends) {
    suite(`${title} (${backend.name})`, () => {
      const pool = backend.make({ maxWorkers: 1 });
      after(() => pool.shutdown());
      for (const [name, make] of Object.entries(cases)) {
        test(name, async () => {
          const [fn, expected] = make();
          assert.deepEqual(await pool.submit(fn), expected);
        });
      }
    });
  }
}
