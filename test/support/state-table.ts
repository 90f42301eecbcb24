/** Compares a state machine with its table: every event in every state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

interface Machine {
  is(state: number): boolean;
}

export interface EventOf<M, S extends string> {
  /** @returns whether the arrow was taken. */
  readonly send: (machine: M) => boolean;
  /** From where it leads where. In any other state the event is refused. */
  readonly arrows: Readonly<Partial<Record<NoInfer<S>, NoInfer<S>>>>;
}

/** Makes a test of each state and event. A state is reached by the arrows of the table. */
export function testTable<M extends Machine, S extends string>(
  make: () => M,
  values: Readonly<Record<S, number>>,
  table: Readonly<Record<string, EventOf<M, S>>>,
): void {
  const states = Object.keys(values) as S[];
  const events = Object.values(table);
  const nameOf = (machine: M): S | undefined => states.find((state) => machine.is(values[state]));
  const reach = waysTo(nameOf(make()), events);
  for (const state of states) {
    for (const [name, { send, arrows }] of Object.entries(table)) {
      const target = arrows[state];
      const what = target === undefined ? 'is refused' : `leads to ${target}`;
      test(`${name} in ${state} ${what}`, () => {
        const machine = make();
        for (const step of reach.get(state) ?? assert.fail(`no way leads to ${state}`))
          step.send(machine);
        assert.equal(nameOf(machine), state);
        assert.equal(send(machine), target !== undefined);
        assert.equal(nameOf(machine), target ?? state);
      });
    }
  }
}

function waysTo<M, S extends string>(
  initial: S | undefined,
  events: readonly EventOf<M, S>[],
): Map<S, readonly EventOf<M, S>[]> {
  const ways = new Map<S, readonly EventOf<M, S>[]>();
  if (initial !== undefined) ways.set(initial, []);
  for (const [state, way] of ways) {
    for (const event of events) {
      const next = event.arrows[state];
      if (next !== undefined && !ways.has(next)) ways.set(next, [...way, event]);
    }
  }
  return ways;
}
