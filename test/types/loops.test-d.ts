/** Types inside the loops that users write over futures and results. Checked by compiling this file. */
import { expectTypeOf } from 'expect-type';
import { asCompleted, type Executor, type Future, wait } from 'concurrent-futures';

declare const pool: Executor;
declare const futures: Future<number>[];
declare function size(path: string): Promise<number>;

for await (const value of pool.map(size, ['a'])) expectTypeOf(value).toEqualTypeOf<number>();

const { done, notDone } = await wait(futures);
for (const future of [...done, ...notDone]) expectTypeOf(future).toEqualTypeOf<Future<number>>();

// What is yielded is the future and not its value, although the loop awaits.
for await (const future of asCompleted(futures)) {
  expectTypeOf(future).toExtend<Future<number>>();
  expectTypeOf(future.result()).resolves.toEqualTypeOf<number>();
}
