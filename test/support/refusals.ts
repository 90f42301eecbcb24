/** Expects that functions can't be sent, and that the remedy in the message works. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { type ErrorCode, PicklingError } from 'concurrent-futures';
import { workerBackends } from './backends.js';

export interface RefusedCase {
  readonly code: ErrorCode;
  /** Matches the subject of the message. */
  readonly says: RegExp;
  /** Matches the remedy in the message. */
  readonly remedy: RegExp;
  /** The path to the value, if it is not the function itself. */
  readonly path?: string;
  readonly make: () => () => unknown;
  /** Made with the remedy: a function, and its expected result. */
  readonly instead?: () => readonly [fn: () => unknown, expected: unknown];
}

export function runRefusals(title: string, cases: Readonly<Record<string, RefusedCase>>): void {
  for (const backend of workerBackends) {
    suite(`${title} (${backend.name})`, () => {
      const pool = backend.make({ maxWorkers: 1 });
      after(() => pool.shutdown());
      for (const [name, each] of Object.entries(cases)) {
        const { code, says, remedy, path, make, instead } = each;
        test(`${name}: ${code}`, async () => {
          const error = await pool.submit(make()).exception();
          assert.ok(error instanceof PicklingError, String(error));
          const [text = '', way = ''] = error.message.split('\n    at ');
          assert.equal(error.code, code, error.message);
          assert.match(text, says);
          assert.match(text, remedy);
          assert.match(way, /^\S.*? \(.*refusals.*\.js:\d+:\d+\)/, 'where the function is');
          if (path !== undefined) assert.equal(way.replace(/^.*?\d\)/, ''), path);
          assert.equal(pool.stats().pending, 0);
        });
        if (instead === undefined) continue;
        test(`${name}: what is advised works`, async () => {
          const [fn, expected] = instead();
          assert.deepEqual(await pool.submit(fn), expected);
        });
      }
    });
  }
}
