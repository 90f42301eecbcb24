/** A program that only an ES module can be: it waits for workers at its top level. */
import { basename } from 'node:path';
import { type Case, cases } from './cases.ts';
import { later } from './lib.ts';
import { runAll } from './run.ts';

async function imported(): Promise<string> {
  const lib = await import('./lib.ts');
  return lib.outside();
}

const own: Case[] = [
  {
    name: 'import.meta',
    run: (pool) => pool.submit(() => basename(import.meta.url)),
    want: basename(import.meta.url),
  },
  {
    name: 'dynamic import of the entry script',
    run: (pool) => pool.submit(imported),
    want: 'by another name',
  },
  { name: 'import at the top level', run: (pool) => pool.submit(later, 'b'), want: 'b, later' },
];

console.log(JSON.stringify(await runAll([...own, ...cases])));
