/** A program: all cases, and those of the script that it is started with. */
import type { Executor } from 'concurrent-futures';
import { type Case, cases, elsewhere } from './cases.ts';
import { halfOf } from './lib.ts';
import { runAll } from './run.ts';

const limit = 3;

class Local {
  answer(): number {
    return limit + halfOf(2);
  }
}

function helper(): number {
  return new Local().answer();
}

export function exportedByMain(): number {
  return helper();
}

const own: Case[] = [
  { name: 'export of the entry script', run: (pool) => pool.submit(exportedByMain), want: 4 },
  {
    name: 'closure of the entry script',
    run: (pool) => pool.submit(() => helper() + limit),
    want: 7,
  },
  {
    name: 'instance of a class of the entry script',
    run: (pool: Executor) => {
      const local = new Local();
      return pool.submit(() => local.answer());
    },
    want: 4,
  },
];

void runAll([...cases, elsewhere, ...own]).then((results) => console.log(JSON.stringify(results)));
