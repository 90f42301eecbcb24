/** What a worker thinks of a function, after calls of certain durations. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ANY,
  INSTANT,
  SHORT,
  type DurationClass,
  CallDurations,
} from '#dist/process/call-durations.js';

const FN = 3;

/** After `calls` calls of `time` milliseconds each, behind the first few, which don't count. */
function after(durations: CallDurations, calls: number, time: number): DurationClass {
  for (let i = 0; i < calls; i++) durations.note(FN, time);
  return durations.of(FN);
}

/** A function that has just been called so often that compiling it is over. */
function warmedUp(): CallDurations {
  const durations = new CallDurations();
  for (let i = 0; i < 8; i++) durations.note(FN, 1000);
  return durations;
}

suite('a function', () => {
  test('that is not known may take any time', () => {
    assert.equal(new CallDurations().of(FN), ANY);
    assert.equal(warmedUp().of(FN + 1), ANY);
  });

  test('is not judged by its first calls, neither as quick nor as slow', () => {
    const durations = new CallDurations();
    for (let i = 0; i < 7; i++) {
      durations.note(FN, 0);
      assert.equal(durations.of(FN), ANY);
    }
    assert.equal(after(warmedUp(), 60, 0.001), INSTANT);
  });

  test('whose calls all take long is never taken for a quick one', () => {
    for (const time of [0.1, 0.3, 2, 10_000]) {
      const durations = new CallDurations();
      for (let calls = 1; calls < 100; calls++)
        assert.equal(after(durations, 1, time), ANY, `after ${calls} calls of ${time} ms each`);
    }
  });

  test('is instant, short, or neither, by how long its calls take', () => {
    assert.equal(after(warmedUp(), 200, 0.001), INSTANT);
    assert.equal(after(warmedUp(), 200, 0.01), SHORT);
    assert.equal(after(warmedUp(), 200, 0.06), ANY);
    assert.equal(after(warmedUp(), 200, 10), ANY);
  });

  test('stays instant after one long call, since that may have been the system', () => {
    const durations = warmedUp();
    after(durations, 200, 0.001);
    durations.note(FN, 50);
    assert.notEqual(durations.of(FN), ANY);
    assert.equal(after(durations, 100, 0.001), INSTANT);
  });

  test('is not trusted after two long calls, for some hundred quick ones', () => {
    const durations = warmedUp();
    after(durations, 200, 0.001);
    durations.note(FN, 50);
    durations.note(FN, 50);
    assert.equal(durations.of(FN), SHORT);
    assert.equal(after(durations, 250, 0.001), SHORT);
    assert.equal(after(durations, 100, 0.001), INSTANT);
  });

  test('is forgiven in the end, however many long calls there were', () => {
    const durations = warmedUp();
    after(durations, 5000, 50);
    assert.equal(after(durations, 400, 0.001), SHORT);
    assert.equal(after(durations, 200, 0.001), INSTANT);
  });

  test('is judged by its own calls only', () => {
    const durations = warmedUp();
    after(durations, 200, 0.001);
    for (let i = 0; i < 50; i++) durations.note(FN + 1, 50);
    assert.equal(durations.of(FN), INSTANT);
    assert.equal(durations.of(FN + 1), ANY);
  });
});
