/** Records that are valid, and how each side reads them. */
import { checkCall, checkControl, FORMAT } from '#dist/cluster/call-format.js';
import { failureText } from '#dist/cluster/failure-text.js';
import { readOutcome } from '#dist/cluster/outcome-reader.js';
import { Signer } from '#dist/cluster/signature.js';
import { writeThrown } from '#dist/cluster/thrown.js';
import { fromWire, toWire } from '#dist/cluster/wire-value.js';

const source = { module: 'root:src/jobs.js', path: ['Jobs', 'run'], hash: 'abc', detached: true };
const unsigned = new Signer([], 'q');

/** Calls and control messages. */
export function hostReader() {
  const call = (random, value) => ({
    cf: FORMAT,
    source: random.pick([source, { global: ['Math', 'max'] }, { code: { 'root:a.js': 'abc' } }]),
    ...toWire([value, random.int(0, 9)]),
    ...(random.chance(0.3) ? { functions: [source], chunk: true, maxPayload: 5, sig: 'x' } : {}),
  });
  const control = (_random, reason) => ({
    cf: FORMAT,
    kind: 'cancel',
    id: 'a',
    reason: toWire(reason),
  });
  return {
    valid: (random, value) => JSON.stringify((random.chance(0.8) ? call : control)(random, value)),
    read(text) {
      const record = JSON.parse(text);
      if (record?.kind !== undefined) return fromWire(checkControl(record).reason);
      const { functions = [], ...given } = checkCall(record);
      return fromWire(
        given,
        functions.map(() => Math.max),
      );
    },
  };
}

/** Outcomes and failures. */
export function submitterReader() {
  const origin = { worker: 'w', task: 't' };
  const completed = (_random, value) => JSON.stringify({ cf: FORMAT, ...toWire(value) });
  const chunk = (_random, value) =>
    JSON.stringify({
      cf: FORMAT,
      ...toWire([
        [true, value],
        [false, new RangeError('no')],
      ]),
      chunk: origin,
    });
  const failed = (_random, value) =>
    failureText('Error: no', {
      cf: FORMAT,
      failure: {
        kind: 'error',
        ...writeThrown(Object.assign(new Error('no'), { value }), 'w', 't'),
      },
    });
  return {
    valid: (random, value) => random.pick([completed, chunk, failed])(random, value),
    read(text) {
      const told = text.startsWith('{') ? { value: JSON.parse(text) } : { reason: text };
      return readOutcome(told, unsigned, ['id', null]);
    },
  };
}
