/** Records that are valid, and how each side reads them. */
import { checkCall, checkControl, FORMAT } from '#dist/cluster/call-format.js';
import { failureText } from '#dist/cluster/failure-text.js';
import { checkTold, parcelOf, readOutcome } from '#dist/cluster/outcome-reader.js';
import { Signer } from '#dist/cluster/signature.js';
import { writeThrown } from '#dist/cluster/thrown.js';
import { fromWire, inline, toBlob, toWire, writeValue } from '#dist/cluster/wire-value.js';

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
        thrown: inline(writeThrown(Object.assign(new Error('no'), { value }))),
        ...origin,
      },
    });
  return {
    valid: (random, value) => random.pick([completed, chunk, failed])(random, value),
    read(text) {
      const told = text.startsWith('{') ? { value: JSON.parse(text) } : { reason: text };
      const checked = checkTold(told, unsigned, ['id', null]);
      return readOutcome(checked, parcelOf(checked) && new Uint8Array(9));
    },
  };
}

/** Values in keys of their own, which both sides read alike. */
export function blobReader() {
  const parcel = { key: 'a:b', size: 0, sha256: '' };
  return {
    valid(_random, value) {
      const { form, bytes } = writeValue(value);
      return JSON.stringify({ form, bytes: Buffer.concat(bytes).toString('latin1') });
    },
    read(text) {
      const { form, bytes } = JSON.parse(text) ?? {};
      const blob = toBlob({ form, bytes: [Buffer.from(String(bytes), 'latin1')] });
      // Now and then a length that is not so.
      if (blob.length % 7 === 0) blob[blob.length % 4] += 1;
      return fromWire({ parcel }, [Math.max], blob);
    },
  };
}
