import { test } from 'vitest';
import { cases } from './cases.ts';
import { runAll } from './run.ts';

test('functions get to workers', async () => {
  console.log(JSON.stringify(await runAll(cases)));
}, 60_000);
