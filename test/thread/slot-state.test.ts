/** The state word of a slot: the table, from each state by each transition that can be refused, and what each writes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { layoutFor } from '#dist/thread/layout.js';
import { ownerOf, slotOf, SlotState, SlotStates, stateOf } from '#dist/thread/slot-state.js';

const SLOT = 5;
const WORKER = 3;

interface Bench {
  readonly states: SlotStates;
  /** The queue entry of the present use. */
  readonly entry: number;
}

function inState(state: SlotState): Bench {
  const layout = layoutFor(4);
  const states = new SlotStates(new Int32Array(new SharedArrayBuffer(layout.bytes)), layout);
  const entry = states.publish(SLOT);
  if (state === SlotState.Running || state === SlotState.Done) states.claim(entry, WORKER);
  if (state === SlotState.Done) states.finish(SLOT);
  if (state === SlotState.Free) states.withdraw(SLOT);
  assert.equal(stateOf(states.load(SLOT)), state);
  return { states, entry };
}

for (const [name, state] of Object.entries(SlotState)) {
  suite(`a slot that is ${name}`, () => {
    test('is claimed if it is Pending, and then has an owner', () => {
      const { states, entry } = inState(state);
      const isPending = state === SlotState.Pending;
      assert.equal(states.claim(entry, WORKER), isPending);
      const word = states.load(SLOT);
      assert.equal(stateOf(word), isPending ? SlotState.Running : state);
      if (isPending) assert.equal(ownerOf(word), WORKER);
    });

    test('is withdrawn if it is Pending', () => {
      const { states } = inState(state);
      const isPending = state === SlotState.Pending;
      assert.equal(states.withdraw(SLOT), isPending);
      assert.equal(stateOf(states.load(SLOT)), isPending ? SlotState.Free : state);
    });

    test('is Free after its release, and its entry is stale', () => {
      const { states, entry } = inState(state);
      states.release(SLOT);
      assert.equal(stateOf(states.load(SLOT)), SlotState.Free);
      assert.equal(states.isPending(entry), false);
      assert.equal(states.claim(entry, WORKER), false);
    });
  });
}

test('the next use of a slot is Pending, and not for whoever has an entry of the one before', () => {
  const { states, entry } = inState(SlotState.Free);
  const next = states.publish(SLOT);
  assert.equal(slotOf(next), SLOT);
  assert.equal(states.isPending(next), true);
  assert.equal(states.isPending(entry), false);
  assert.equal(states.claim(entry, WORKER), false);
});

test('a slot that is done still has its owner', () => {
  const { states } = inState(SlotState.Done);
  assert.equal(ownerOf(states.load(SLOT)), WORKER);
});
