/**
 * What programs submit, in a module of its own: functions of another module, and what is defined in place.
 *
 * The same source goes through every compiler, bundler and test runner. Each case says what a worker should answer.
 */
import { join } from 'node:path';
import * as path from 'node:path';
import process from 'node:process';
import type { Executor } from 'concurrent-futures';
import byDefault, {
  addOne,
  addTen,
  halfOf,
  later,
  outside,
  reachNotExported,
  Shape,
  threadOf,
  tools,
  twice,
} from './lib.ts';
import * as lib from './lib.ts';

export interface Case {
  readonly name: string;
  readonly run: (pool: Executor) => PromiseLike<unknown>;
  readonly want: unknown;
}

const limits = { low: 2, high: [5, 8], seen: new Map([['a', new Date(0)]]) };

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

function* upTo(limit: number): Generator<number> {
  for (let i = 0; i < limit; i++) yield i;
}

async function* slowly(limit: number): AsyncGenerator<number> {
  for (const each of upTo(limit)) yield await Promise.resolve(each);
}

class Point {
  readonly x: number;
  readonly y: number;
  static readonly origin = 'here';
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
  plus({ x, y }: Point): Point {
    return new Point(this.x + x, this.y + y);
  }
}

class Square extends Shape {
  constructor() {
    super(4);
  }
  override describe(): string {
    return `square of ${super.describe()}`;
  }
}

class Counter {
  #count = 0;
  next(): number {
    return ++this.#count;
  }
}

function shout(this: { word: string }, mark: string): string {
  return this.word.toUpperCase() + mark;
}

async function collect<T>(values: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of values) found.push(each);
  return found;
}

export const cases: readonly Case[] = [
  { name: 'exported function', run: (pool) => pool.submit(halfOf, 8), want: 4 },
  { name: 'exported arrow', run: (pool) => pool.submit(twice, 4), want: 8 },
  { name: 'exported async function', run: (pool) => pool.submit(later, 'a'), want: 'a, later' },
  { name: 'renamed export', run: (pool) => pool.submit(outside), want: 'by another name' },
  { name: 'default export', run: (pool) => pool.submit(byDefault), want: 'by default' },
  { name: 'static method', run: (pool) => pool.submit(Shape.square), want: '4 sides' },
  { name: 'member', run: (pool) => pool.submit(tools.join, 'a', 'b'), want: 'a-b' },
  {
    name: 'two exports of one factory',
    run: (pool) => collect(pool.map((fn: (n: number) => number) => fn(1), [addOne, addTen])),
    want: [2, 11],
  },
  {
    name: 'not exported function of another module',
    run: (pool) => pool.submit(reachNotExported()),
    want: '4.0',
  },
  { name: 'built-in', run: (pool) => pool.submit(join, 'a', 'b'), want: join('a', 'b') },
  { name: 'pure arrow', run: (pool) => pool.submit((a: number, b = 2) => a ** b, 3), want: 9 },
  {
    name: 'captured data',
    run: (pool) => {
      const { low, ...rest } = limits;
      return pool.submit(() => [low, rest.high[1], rest.seen.get('a')?.getTime()]);
    },
    want: [2, 8, 0],
  },
  { name: 'recursive helper', run: (pool) => pool.submit(() => fib(10)), want: 55 },
  { name: 'helpers in a circle', run: (pool) => pool.submit(() => isEven(10)), want: true },
  {
    name: 'async function with template and spread',
    run: (pool) =>
      pool.submit(
        async (...words: string[]) => {
          const all = [...words, await later('c')];
          return `${all.join()} ${limits?.low ?? 'none'}`;
        },
        'a',
        'b',
      ),
    want: 'a,b,c, later 2',
  },
  { name: 'generator', run: (pool) => pool.submit(() => [...upTo(3)]), want: [0, 1, 2] },
  {
    name: 'async generator',
    run: (pool) => pool.submit(() => collect(slowly(3))),
    want: [0, 1, 2],
  },
  {
    name: 'class with an instance',
    run: (pool) => {
      const point = new Point(3, 4);
      return pool.submit(() => [point.length, point.plus(point).x, Point.origin]);
    },
    want: [5, 6, 'here'],
  },
  {
    name: 'class that extends an imported one',
    run: (pool) => {
      const square = new Square();
      return pool.submit(() => [square.describe(), square instanceof Shape]);
    },
    want: ['square of 4 sides', true],
  },
  {
    name: 'instance of an imported class',
    run: (pool) => {
      const shape = new Shape(5);
      return pool.submit(() => shape instanceof Shape && shape.describe());
    },
    want: '5 sides',
  },
  {
    name: 'private fields inside a class',
    run: (pool) => pool.submit(() => new Counter().next()),
    want: 1,
  },
  {
    name: 'imports in a closure',
    run: (pool) => pool.submit(() => [halfOf(limits.low), byDefault(), lib.twice(3)]),
    want: [1, 'by default', 6],
  },
  {
    name: 'built-ins in a closure',
    run: (pool) => pool.submit(() => [join('a', 'b'), path.sep, process.pid > 0]),
    want: [path.join('a', 'b'), path.sep, true],
  },
  {
    name: 'dynamic import',
    run: (pool) => pool.submit(async () => (await import('./lib.ts')).twice(21)),
    want: 42,
  },
  {
    name: 'bound function',
    run: (pool) => pool.submit(shout.bind({ word: 'hey' }), '!'),
    want: 'HEY!',
  },
  {
    name: 'function as an argument',
    run: (pool) => pool.submit((apply: (n: number) => number, n: number) => apply(n), fib, 7),
    want: 13,
  },
  {
    name: 'map',
    run: (pool) => collect(pool.map((n: number) => n * limits.low, [1, 2, 3])),
    want: [2, 4, 6],
  },
  {
    name: 'error of a closure',
    run: async (pool) => {
      const broken = pool.submit(() => {
        throw new RangeError(`over ${limits.low}`);
      });
      return broken.then(String, (error: unknown) => [error instanceof RangeError, String(error)]);
    },
    want: [true, 'RangeError: over 2'],
  },
];

/** Which run in other threads, if any do: a case that every runtime's pool of threads must pass. */
export const elsewhere: Case = {
  name: 'another thread',
  run: async (pool) => (await pool.submit(threadOf)) !== threadOf(),
  want: true,
};
