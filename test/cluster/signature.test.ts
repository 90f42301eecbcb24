/** Signatures: what is believed, and what is not. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { resolveSecrets } from '#dist/cluster/secret.js';
import { Signer } from '#dist/cluster/signature.js';

const OLD = 'the secret of last year';
const NEW = 'the secret of this year';
const record: { readonly cf: number; readonly json: unknown; readonly sig?: string } = {
  cf: 2,
  json: [1, { b: 'é\ud800', a: 0.1 }],
};

const signer = (secret: string | readonly string[], queue = 'q'): Signer =>
  new Signer(resolveSecrets(secret), queue);
const parsed = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

suite('a signed record', () => {
  test('is believed by whoever has the secret, after a way through JSON', () => {
    const signed = signer(NEW).signed('call', ['id', 'f'], record);
    assert.deepEqual(signer(NEW).checked('call', ['id', 'f'], parsed(signed)), parsed(record));
  });

  test('has an HMAC of SHA-256, cut short, over what it is and what it is about', () => {
    const text = JSON.stringify(['call', 'q', 'é', 'f', record]);
    const key = createHash('sha256').update(NEW).digest('hex');
    const expected = createHmac('sha256', key).update(text).digest('base64url');
    const { sig } = signer(NEW).signed('call', ['é', 'f'], record);
    assert.equal(sig, expected.slice(0, 22));
  });

  test('is not believed as anything else', () => {
    const { sig } = signer(NEW).signed('outcome', ['id', 'call'], record);
    const others: readonly (() => boolean)[] = [
      () => signer(NEW).believes(sig, 'failure', ['id', 'call', record]),
      () => signer(NEW).believes(sig, 'outcome', ['other', 'call', record]),
      () => signer(NEW).believes(sig, 'outcome', ['id', 'other', record]),
      () => signer(NEW).believes(sig, 'outcome', ['id', 'call', { ...record, cf: 3 }]),
      () => signer(NEW).believes(sig, 'outcome', ['id', 'call', { ...record, more: 1 }]),
      () => signer(NEW, 'other').believes(sig, 'outcome', ['id', 'call', record]),
      () => signer(OLD).believes(sig, 'outcome', ['id', 'call', record]),
      () => signer(NEW).believes(`${sig}A`, 'outcome', ['id', 'call', record]),
      () => signer(NEW).believes(sig?.slice(0, 20), 'outcome', ['id', 'call', record]),
      () => signer(NEW).believes('', 'outcome', ['id', 'call', record]),
      () => signer(NEW).believes(undefined, 'outcome', ['id', 'call', record]),
      () => signer(NEW).believes([sig], 'outcome', ['id', 'call', record]),
    ];
    for (const [index, isBelieved] of others.entries())
      assert.equal(isBelieved(), false, `${index}`);
    assert.ok(signer(NEW).believes(sig, 'outcome', ['id', 'call', record]));
  });

  test('is none that is nested deeper than anything that could be signed', () => {
    const levels = 100_000;
    const json: unknown = JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const { sig } = signer(NEW).signed('call', ['id'], record);
    const deep = { ...record, json, ...(sig === undefined ? {} : { sig }) };
    assert.throws(() => signer(NEW).checked('call', ['id'], deep), { code: 'ERR_SIGNATURE' });
  });

  test('has one spelling', () => {
    const { sig = '' } = signer(NEW).signed('call', ['id'], record);
    const others = [
      `${sig}=`,
      `${sig}\n`,
      ` ${sig}`,
      `${sig}A`,
      sig.slice(0, -1),
      sig.toLowerCase(),
    ];
    // Characters of which the last byte is that of the signature's.
    others.push(Array.from(sig, (each) => String.fromCharCode(each.charCodeAt(0) + 256)).join(''));
    const bytes = Buffer.from(sig, 'base64url');
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const other = sig.slice(0, -1) + last;
      if (other !== sig && Buffer.from(other, 'base64url').equals(bytes)) others.push(other);
    }
    assert.equal(others.length, 22);
    for (const other of others)
      assert.equal(signer(NEW).believes(other, 'call', ['id', record]), false, other);
    assert.ok(signer(NEW).believes(sig, 'call', ['id', record]));
  });

  test('says whether it was not signed, or by somebody else', () => {
    assert.throws(() => signer(NEW).checked('call', ['id'], record), {
      code: 'ERR_SIGNATURE',
      message: /What Redis has as a call is not signed/,
    });
    assert.throws(() => signer(NEW).checked('call', ['id'], { ...record, sig: 'x' }), {
      code: 'ERR_SIGNATURE',
      message: /has a signature that is not of it/,
    });
  });
});

suite('secrets', () => {
  test('are changed without a stop: the first signs, and all are believed', () => {
    const [before, between, after] = [signer([OLD, NEW]), signer([NEW, OLD]), signer(NEW)];
    const both = [before, between, after];
    for (const writer of [before, between]) {
      const signed = writer.signed('call', ['id'], record);
      for (const reader of [before, between])
        assert.deepEqual(reader.checked('call', ['id'], signed), record);
    }
    const signed = after.signed('call', ['id'], record);
    for (const reader of both) assert.deepEqual(reader.checked('call', ['id'], signed), record);
    assert.throws(() => after.checked('call', ['id'], before.signed('call', ['id'], record)));
  });

  test('are text or bytes', () => {
    const bytes = new Signer(resolveSecrets(Buffer.from(NEW)), 'q').signed('call', [], record);
    assert.deepEqual(signer(NEW).checked('call', [], bytes), record);
  });

  test('none: nothing is signed, and everything is believed', (t) => {
    const { CF_SECRET: before } = process.env;
    t.after(() => before !== undefined && (process.env['CF_SECRET'] = before));
    delete process.env['CF_SECRET'];
    const none = new Signer(resolveSecrets(undefined), 'q');
    assert.equal(none.isOn, false);
    assert.equal(none.signed('call', [], record), record);
    assert.deepEqual(none.checked('call', [], { ...record, sig: 'x' }), record);
  });

  test('come from the environment, if none is given', (t) => {
    const { CF_SECRET: before } = process.env;
    t.after(() => {
      if (before === undefined) delete process.env['CF_SECRET'];
      else process.env['CF_SECRET'] = before;
    });
    process.env['CF_SECRET'] = NEW;
    const own = new Signer(resolveSecrets(undefined), 'q').signed('call', [], record);
    assert.deepEqual(signer(NEW).checked('call', [], own), record);
    for (const short of ['', 'hunter2']) {
      process.env['CF_SECRET'] = short;
      assert.throws(
        () => resolveSecrets(undefined),
        /variable CF_SECRET must be .*at least 16 bytes/,
      );
    }
  });

  for (const [name, given, says] of [
    ['of nothing', '', /at least 16 bytes, .*one of 0/],
    ['of few bytes', 'hunter2', /at least 16 bytes, .*one of 7/],
    ['of no bytes', new Uint8Array(), /at least 16 bytes/],
    ['of numbers', 1_234_567_890_123_456, /a text or bytes/],
    ['a list of nothing', [], /at least one secret/],
    ['a list with a short one', [NEW, 'hunter2'], /secret\[1\].*one of 7/],
    ['null', null, /a text or bytes/],
    ['of zeros', new Uint8Array(32), /one of equal bytes/],
    ['of one letter', 'x'.repeat(40), /one of equal bytes/],
  ] as const) {
    test(`${name} are none, and are not quoted`, () => {
      assert.throws(
        () => resolveSecrets(given as unknown as string),
        (error: Error) => says.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }
});
