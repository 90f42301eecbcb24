/** Calls that wait for many calls of their own pool, and withdraw some. */
import * as tasks from './tasks.mjs';

export function makeCrowd(id, context) {
  const { random, nextId, allowance } = context;
  const count = allowance(random.pick([10, 60, 200]));
  const size = random.pick([0, 1000, 100_000]);
  const make = random.pick(['bytes', 'text']);
  const inner = random.list(count, () => ({
    id: nextId(),
    fn: tasks.member,
    args: [],
    expect: { value: size },
  }));
  const how = {
    way: random.pick(['none', 'cancel', 'cancel', 'abort']),
    after: random.int(0, Math.min(20, count)),
    blocks: random.chance(0.1),
  };
  if (how.blocks) for (const call of inner) call.mayDeadlock = true;
  const ids = inner.map((call) => call.id);
  return { fn: tasks.crowds, args: [id, ids, make, size, how], expect: { inner }, inner };
}
