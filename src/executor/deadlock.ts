/**
 * Which workers are blocked by tasks that wait for calls of their own pool, and for good.
 *
 * A blocked worker goes on if its call gets done: by a worker that is not blocked and can begin it, or by the one that has
 * begun it, if that one goes on. What has begun in a blocked worker, the same one perhaps, stands still with it. So one
 * begins with all that are blocked, and takes away those that go on, until there are none of these left.
 *
 * A worker that blocks only for a time goes on by itself, and so does one whose tasks await calls: it takes others meanwhile.
 * One that is about to end can help as long as it is there. So the question has to be asked whenever a task blocks, and
 * whenever a worker has gone.
 */
import type { NestedCalls } from './nested-calls.ts';

/** A worker as this needs to know it. */
export interface BlockedWorker {
  readonly name: string;
  readonly nested: NestedCalls;
}

/** @param mayStart - whether there may be more workers than these. @returns those that never go on. */
export function deadlocked<W extends BlockedWorker>(
  workers: Iterable<W>,
  mayStart: boolean,
): readonly W[] {
  const all = [...workers];
  let stuck = all.filter(({ nested }) => nested.isBlocked);
  const isHelpThere = mayStart || stuck.length < all.length;
  for (let before = stuck.length + 1; stuck.length < before;) {
    before = stuck.length;
    const names = new Set<string | undefined>(stuck.map(({ name }) => name));
    stuck = stuck.filter(({ nested: { runner } }) =>
      runner === undefined ? !isHelpThere : names.has(runner),
    );
  }
  return stuck;
}
