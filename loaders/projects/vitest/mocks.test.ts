/** What tests put in the place of modules exists in their own thread: by value it may travel, as an import it does not. */
import { sep } from 'node:path';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { expect, test, vi } from 'vitest';
import { halfOf, twice } from './lib.ts';

vi.mock('./lib.ts', () => ({ twice: () => 'mocked', halfOf: vi.fn(() => 'mocked') }));
vi.mock('node:path', () => ({ sep: 'mocked', default: {} }));

test('workers import the real modules', async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  expect(await pool.submit(async () => (await import('node:path')).sep)).not.toBe('mocked');
  expect(await pool.submit(() => sep)).toBe('mocked');
  expect(await pool.submit(() => twice(2))).toBe('mocked');
  await expect(pool.submit(halfOf, 2)).rejects.toMatchObject({ code: 'ERR_WEAK' });
  await pool.shutdown();
});
