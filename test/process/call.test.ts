/** Every arrow of the table in call.ts, and every refusal. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Call, type CallState, DONE, QUEUED, SENT, WITHDRAWN } from '#dist/process/call.js';

const names = new Map<CallState, string>([
  [QUEUED, 'queued'],
  [SENT, 'sent'],
  [WITHDRAWN, 'withdrawn'],
  [DONE, 'done'],
]);

function makeCall(state: CallState): Call {
  const call = new Call(7, 3, { page: new Uint8Array(0), start: 0, end: 0, attached: [] }, 'owner');
  if (state === SENT || state === DONE) call.send(1, 5, false);
  if (state === DONE) call.finish();
  if (state === WITHDRAWN) call.withdraw();
  assert.equal(call.state, state);
  return call;
}

const moves: {
  readonly name: string;
  readonly move: (call: Call) => boolean;
  /** From where it leads where; from anywhere else it is refused. */
  readonly arrows: ReadonlyMap<CallState, CallState>;
}[] = [
  { name: 'send', move: (call) => call.send(2, 9, true), arrows: new Map([[QUEUED, SENT]]) },
  { name: 'takeBack', move: (call) => call.takeBack(), arrows: new Map([[SENT, QUEUED]]) },
  {
    name: 'withdraw',
    move: (call) => call.withdraw(),
    arrows: new Map([
      [QUEUED, WITHDRAWN],
      [SENT, WITHDRAWN],
    ]),
  },
  { name: 'finish', move: (call) => call.finish(), arrows: new Map([[SENT, DONE]]) },
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
  const call = makeCall(QUEUED);
  assert.equal(call.worker, -1);
  call.send(4, 17, true);
  assert.deepEqual([call.worker, call.sequence, call.quick], [4, 17, true]);
  call.takeBack();
  call.send(0, 1, false);
  assert.deepEqual([call.worker, call.sequence, call.quick], [0, 1, false]);
});
