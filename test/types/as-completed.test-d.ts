/**
 * The loop variable of `for await` over `asCompleted` is a future, and not what it resolves to.
 *
 * TypeScript awaits the element type of the standard `AsyncIterable` and its kin, and a future is
 * thenable; it does not do so for an interface that declares `next()` itself.
 */
import { asCompleted, Future } from 'concurrent-futures';
import { expectTypeOf } from 'expect-type';

const futures: readonly Future<number>[] = [new Future<number>()];

for await (const future of asCompleted(futures)) {
  expectTypeOf(future).toEqualTypeOf<Future<number>>();
  expectTypeOf(await future).toEqualTypeOf<number>();
}

const iterator = asCompleted(futures);
const next = await iterator.next();
if (next.done !== true) expectTypeOf(next.value).toEqualTypeOf<Future<number>>();

// It can still be given to whoever takes the standard interfaces.
expectTypeOf(iterator).toExtend<AsyncIterableIterator<Future<number>>>();
expectTypeOf(iterator).toExtend<AsyncIterable<Future<number>>>();
