/** The classes of errors across the boundary: what a task throws is what its caller catches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemoteError } from 'concurrent-futures';
import {
  CardError,
  PaymentError,
  QuotaError,
  seesPayment,
  throwCard,
  throwKnownHereOnly,
  throwMany,
  throwPayment,
  throwUnregistered,
  UnregisteredError,
} from '../fixtures/error-classes.js';
import { everyBackend } from '../support/every-backend.js';
import { makePool } from '../support/held.js';

for (const backend of everyBackend) {
  const { name, isolated } = backend;
  // What comes through Redis names registered classes only, and no globals of whoever reads it.
  const quotaClass = backend.isRemote === true ? Error : QuotaError;

  test(`an error of a registered class arrives as one (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwPayment, 200).exception();
    assert.ok(error instanceof PaymentError);
    assert.equal(Object.getPrototypeOf(error), PaymentError.prototype);
    assert.equal(error.name, 'PaymentError');
    assert.equal(error.message, 'not enough');
    assert.equal(error.amount, 200);
    assert.equal(error.isLarge, true);
  });

  test(`an error of a class that is global on both sides arrives as one (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwPayment, 1).exception();
    const cause = (error as Error).cause as Error;
    assert.equal(Object.getPrototypeOf(cause), quotaClass.prototype);
    assert.equal(cause.name, new QuotaError().name);
    assert.equal(cause.message, 'used up');
    assert.equal(cause.cause instanceof RemoteError, isolated);
  });

  test(`members and properties of an error keep their classes (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwMany).exception();
    assert.ok(error instanceof AggregateError);
    const [first, second] = error.errors as unknown[];
    assert.ok(first instanceof PaymentError);
    assert.ok(second instanceof quotaClass);
    assert.equal(Reflect.get(error, 'last'), first);
  });

  test(`a class that is not registered becomes its registered parent, under its name (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwCard).exception();
    assert.ok(error instanceof PaymentError);
    assert.equal(error instanceof CardError, !isolated);
    assert.equal(error.name, 'CardError');
  });

  test(`a class that only the worker knows becomes the next that both know (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwKnownHereOnly).exception();
    assert.ok(error instanceof PaymentError);
    assert.equal(error.amount, 5);
  });

  test(`a class that nobody has registered becomes its standard parent, under its name (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const error = await pool.submit(throwUnregistered).exception();
    assert.ok(error instanceof TypeError);
    assert.equal(error instanceof UnregisteredError, !isolated);
    assert.equal(error.name, 'UnregisteredError');
  });

  test(`a task that submits to its own pool catches errors of registered classes (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.equal(await pool.submit(seesPayment), true);
  });
}
