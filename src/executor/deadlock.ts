/**
 * Finds the workers that are blocked for good, by tasks that wait for calls of their own pool.
 *
 * A blocked worker goes on if its call gets done: by a worker that is not blocked and can begin it, or by the worker
 * that has begun it, if that one goes on. A call that has begun in a blocked worker, perhaps the same one, stands still
 * with it. So the search begins with all blocked workers, and removes those that go on, until it removes none.
 *
 * A worker that blocks for a limited time goes on by itself. So does one whose tasks await calls: it takes others
 * meanwhile. A worker that is about to end can help as long as it lives. So the question must be asked whenever a task
 * blocks, and whenever a worker has gone.
 */
import type { NestedCalls } from './nested-calls.ts';

/** The part of a worker that the search uses. */
export interface BlockedWorker {
  readonly name: string;
  readonly nested: NestedCalls;
}

/** @param mayStart - true if further workers may start. @returns the workers that never go on. */
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
