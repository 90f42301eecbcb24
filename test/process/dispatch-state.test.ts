/** Every arrow of the table in dispatch-state.ts, and every refusal. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Call } from '#dist/process/call.js';
import { DispatchState } from '#dist/process/dispatch-state.js';

const { Queued, Sent, Withdrawn, Done } = DispatchState;

const names = new Map<DispatchState, string>([
  [Queued, 'queued'],
  [Sent, 'sent'],
  [Withdrawn, 'withdrawn'],
  [Done, 'done'],
]);

function makeCall(state: DispatchState): Call {
  const call = new Call(7, 3, { page: new Uint8Array(0), start: 0, end: 0, attached: [] }, 'owner');
  if (state === Sent || state === Done) call.send(1, 5, false);
  if (state === Done) call.finish();
  if (state === Withdrawn) call.withdraw();
  assert.equal(call.state, state);
  return call;
}

const moves: {
  readonly name: string;
  readonly move: (call: Call) => boolean;
  /** From where it leads where; from anywhere else it is refused. */
  readonly arrows: ReadonlyMap<DispatchState, DispatchState>;
}[] = [
  { name: 'send', move: (call) => call.send(2, 9, true), arrows: new Map([[Queued, Sent]]) },
  { name: 'takeBack', move: (call) => call.takeBack(), arrows: new Map([[Sent, Queued]]) },
  {
    name: 'withdraw',
    move: (call) => call.withdraw(),
    arrows: new Map([
      [Queued, Withdrawn],
      [Sent, Withdrawn],
    ]),
  },
  { name: 'finish', move: (call) => call.finish(), arrows: new Map([[Sent, Done]]) },
];

for (const { name, move, arrows } of moves) {
  suite(name, () => {
    for (const [state, stateName] of names) {
      const target = arrows.get(state);
      const what = target === undefined ? 'is refused' : `makes it ${names.get(target)}`;
      test(`of a call that is ${stateName} ${what}`, () => {
        const call = makeCall(state);
        const { worker, sequence, quick } = call;
        assert.equal(move(call), target !== undefined);
        assert.equal(call.state, target ?? state);
        if (target === undefined)
          assert.deepEqual([call.worker, call.sequence, call.quick], [worker, sequence, quick]);
      });
    }
  });
}

test('a call remembers whom it was sent to, and forgets nothing when it comes back', () => {
  const call = makeCall(Queued);
  assert.equal(call.worker, -1);
  call.send(4, 17, true);
  assert.deepEqual([call.worker, call.sequence, call.quick], [4, 17, true]);
  call.takeBack();
  call.send(0, 1, false);
  assert.deepEqual([call.worker, call.sequence, call.quick], [0, 1, false]);
});
