/** Types inside the loops that users write over futures and results. Checked by compiling this file. */
import { expectTypeOf } from 'expect-type';
import { type Executor, type Future, wait } from 'concurrent-futures';

declare const pool: Executor;
declare const futures: Future<number>[];
declare function size(path: string): Promise<number>;

for await (const value of pool.map(size, ['a'])) expectTypeOf(value).toEqualTypeOf<number>();

const { done, notDone } = await wait(futures);
for (const future of [...done, ...notDone]) expectTypeOf(future).toEqualTypeOf<Future<number>>();
