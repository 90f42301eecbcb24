/** Types of submit, map, with and module, on every executor. Checked by compiling this file. */
import { expectTypeOf } from 'expect-type';
import {
  type CallOptions,
  type Executor,
  type ExecutorStats,
  type Future,
  InlineExecutor,
  type MapResults,
  type ModuleCalls,
  task,
  ThreadPoolExecutor,
} from 'concurrent-futures';

declare const pool: Executor;
declare const threads: ThreadPoolExecutor;
declare const inline: InlineExecutor;

declare function add(a: number, b: number): number;
declare function load(path: string, retries?: number): Promise<Uint8Array>;
declare function thenable(): PromiseLike<Map<string, number>>;
declare function nested(): Promise<Promise<'deep'>>;
declare function identity<T>(value: T): T;
declare function join(separator: string, ...parts: string[]): string;
declare function never(): never;
declare function maybe(): number | Promise<string>;
declare function pair<T, U>(first: T, second: U): [T, U];
declare function count(to: number): Generator<number, string>;
declare function stream(to: number): AsyncGenerator<Uint8Array>;
declare function parse(text: string): string[];
declare function parse(bytes: Uint8Array, encoding: string): Map<string, number>;
declare const factor: number;

// submit: the result is what awaiting the function's result gives.
expectTypeOf(pool.submit(add, 1, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(pool.submit(load, 'a.txt')).toEqualTypeOf<Future<Uint8Array>>();
expectTypeOf(pool.submit(load, 'a.txt', 3)).toEqualTypeOf<Future<Uint8Array>>();
expectTypeOf(pool.submit(thenable)).toEqualTypeOf<Future<Map<string, number>>>();
expectTypeOf(pool.submit(nested)).toEqualTypeOf<Future<'deep'>>();
expectTypeOf(pool.submit(join, '-', 'a', 'b')).toEqualTypeOf<Future<string>>();
expectTypeOf(pool.submit(never)).toEqualTypeOf<Future<never>>();
expectTypeOf(pool.submit(maybe)).toEqualTypeOf<Future<number | string>>();
expectTypeOf(pool.submit(identity<string>, 'x')).toEqualTypeOf<Future<string>>();
expectTypeOf(pool.submit(identity, 'x').result()).resolves.toExtend<string>();
expectTypeOf(pool.submit(pair<number, string>, 1, 'x')).toEqualTypeOf<Future<[number, string]>>();
expectTypeOf(pool.submit(pair, 1, 'x').result()).resolves.toExtend<[number, string]>();
expectTypeOf(pool.submit(count, 3)).toEqualTypeOf<Future<Generator<number, string>>>();
expectTypeOf(pool.submit(stream, 3)).toEqualTypeOf<Future<AsyncGenerator<Uint8Array>>>();
expectTypeOf(pool.submit((x: number) => x * factor, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(pool.submit(async (x: string) => [x], 'a')).toEqualTypeOf<Future<string[]>>();
expectTypeOf(pool.submit(Math.max, 1, 2, 3)).toEqualTypeOf<Future<number>>();
// Of an overloaded function TypeScript infers from the last signature; a closure picks another one.
const bytes = new Uint8Array(1);
expectTypeOf(pool.submit(parse, bytes, 'utf8')).toEqualTypeOf<Future<Map<string, number>>>();
expectTypeOf(pool.submit((text: string) => parse(text), 'a')).toEqualTypeOf<Future<string[]>>();
expectTypeOf(threads.submit(add, 1, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(inline.submit(add, 1, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf<Awaited<Future<number>>>().toEqualTypeOf<number>();

// @ts-expect-error -- an argument is missing
void pool.submit(add, 1);
// @ts-expect-error -- one too many
void pool.submit(add, 1, 2, 3);
// @ts-expect-error -- of the wrong type
void pool.submit(add, 1, '2');
// @ts-expect-error -- of the wrong type, in the rest
void pool.submit(join, '-', 'a', 2);
// @ts-expect-error -- of the wrong type, for a closure
void pool.submit((x: number) => x * factor, '2');
// @ts-expect-error -- not what the last signature takes
void pool.submit(parse, 'a', 'b');
// @ts-expect-error -- not a function
void pool.submit(42);
// @ts-expect-error -- options are no argument of submit
void pool.submit(add, 1, 2, { timeout: 5 });

// map: one iterable for each parameter.
expectTypeOf(pool.map(add, [1, 2], new Set([3]))).toEqualTypeOf<MapResults<number>>();
expectTypeOf(pool.map(load, ['a', 'b'])).toEqualTypeOf<MapResults<Uint8Array>>();
expectTypeOf(pool.map(load, ['a', 'b'], [1, 2])).toEqualTypeOf<MapResults<Uint8Array>>();
expectTypeOf(pool.map(identity<string>, 'abc')).toEqualTypeOf<MapResults<string>>();
expectTypeOf(pool.map(add, (async function* () {})(), [1])).toEqualTypeOf<MapResults<number>>();
expectTypeOf(pool.map((x) => x * factor, [1, 2])).toEqualTypeOf<MapResults<number>>();
expectTypeOf(pool.map(async (x: string) => x.length, ['a'])).toEqualTypeOf<MapResults<number>>();
expectTypeOf(pool.map(pair<number, string>, [1], ['a'])).toEqualTypeOf<
  MapResults<[number, string]>
>();
expectTypeOf(pool.map(add, [1], [2]).toArray()).resolves.toEqualTypeOf<number[]>();
expectTypeOf(threads.map(add, [1], [2])).toEqualTypeOf<MapResults<number>>();
expectTypeOf(inline.map(add, [1], [2])).toEqualTypeOf<MapResults<number>>();

// @ts-expect-error -- an iterable of the wrong items
void pool.map(add, [1], ['2']);
// @ts-expect-error -- not an iterable
void pool.map(add, [1], 2);
// @ts-expect-error -- an iterable too many
void pool.map(add, [1], [2], [3]);
// @ts-expect-error -- an iterable is missing
void pool.map(add, [1]);

// with: the same executor with options.
expectTypeOf(pool.with({ timeout: 5 })).toEqualTypeOf<Executor>();
expectTypeOf(threads.with({ chunkSize: 2 })).toEqualTypeOf<ThreadPoolExecutor>();
expectTypeOf<Parameters<Executor['with']>>().toEqualTypeOf<[options: CallOptions]>();
expectTypeOf(pool.with({ timeout: 5 }).submit(add, 1, 2)).toEqualTypeOf<Future<number>>();
// @ts-expect-error -- no such option
void pool.with({ timeOut: 5 });
// @ts-expect-error -- of the wrong type
void pool.with({ timeout: '5 s' });
// @ts-expect-error -- no such option
void new ThreadPoolExecutor({ workers: 4 });
// Options that mean nothing without workers are taken, so that one can stand in for the other.
void new InlineExecutor({ resourceLimits: {} });

// module: functions become calls; what is no function is not there.
interface Images {
  measure(path: string): Promise<{ width: number }>;
  version: string;
  rotate(degrees: number): number;
}
const images = threads.module<Images>('file:///images.js');
expectTypeOf(images).toEqualTypeOf<ModuleCalls<Images>>();
expectTypeOf(images.measure('a')).toEqualTypeOf<Future<{ width: number }>>();
expectTypeOf(images.rotate).parameters.toEqualTypeOf<[number]>();
expectTypeOf<keyof typeof images>().toEqualTypeOf<'measure' | 'rotate'>();
// @ts-expect-error -- not a function
void images.version;
// @ts-expect-error -- of the wrong type
void images.rotate('90');

// task: the function itself, with its type.
expectTypeOf(task(import.meta.url, add)).toEqualTypeOf<typeof add>();
expectTypeOf(task(import.meta.url, identity)(new Date())).toEqualTypeOf<Date>();

// The rest.
expectTypeOf(pool.stats()).toEqualTypeOf<ExecutorStats>();
expectTypeOf(pool.shutdown({ wait: false })).toEqualTypeOf<Promise<void>>();
expectTypeOf(pool).toExtend<AsyncDisposable>();
