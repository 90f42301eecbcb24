/** What a worker thinks of a function, after calls of certain durations. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ANY, INSTANT, SHORT, type Tempo, Tempos } from '#dist/process/tempo.js';

const FN = 3;

/** After `calls` calls of `time` milliseconds each, behind the first few, which don't count. */
function after(tempos: Tempos, calls: number, time: number): Tempo {
  for (let i = 0; i < calls; i++) tempos.note(FN, time);
  return tempos.of(FN);
}

/** A function that has just been called so often that compiling it is over. */
function warmedUp(): Tempos {
  const tempos = new Tempos();
  for (let i = 0; i < 8; i++) tempos.note(FN, 1000);
  return tempos;
}

suite('a function', () => {
  test('that is not known may take any time', () => {
    assert.equal(new Tempos().of(FN), ANY);
    assert.equal(warmedUp().of(FN + 1), ANY);
  });

  test('is not judged by its first calls, neither as quick nor as slow', () => {
    const tempos = new Tempos();
    for (let i = 0; i < 7; i++) {
      tempos.note(FN, 0);
      assert.equal(tempos.of(FN), ANY);
    }
    assert.equal(after(warmedUp(), 60, 0.001), INSTANT);
  });

  test('whose calls all take long is never taken for a quick one', () => {
    for (const time of [0.1, 0.3, 2, 10_000]) {
      const tempos = new Tempos();
      for (let calls = 1; calls < 100; calls++)
        assert.equal(after(tempos, 1, time), ANY, `after ${calls} calls of ${time} ms each`);
    }
  });

  test('is instant, short, or neither, by how long its calls take', () => {
    assert.equal(after(warmedUp(), 200, 0.001), INSTANT);
    assert.equal(after(warmedUp(), 200, 0.01), SHORT);
    assert.equal(after(warmedUp(), 200, 0.06), ANY);
    assert.equal(after(warmedUp(), 200, 10), ANY);
  });

  test('stays instant after one long call, since that may have been the system', () => {
    const tempos = warmedUp();
    after(tempos, 200, 0.001);
    tempos.note(FN, 50);
    assert.notEqual(tempos.of(FN), ANY);
    assert.equal(after(tempos, 100, 0.001), INSTANT);
  });

  test('is not trusted after two long calls, for some hundred quick ones', () => {
    const tempos = warmedUp();
    after(tempos, 200, 0.001);
    tempos.note(FN, 50);
    tempos.note(FN, 50);
    assert.equal(tempos.of(FN), SHORT);
    assert.equal(after(tempos, 250, 0.001), SHORT);
    assert.equal(after(tempos, 100, 0.001), INSTANT);
  });

  test('is forgiven in the end, however many long calls there were', () => {
    const tempos = warmedUp();
    after(tempos, 5000, 50);
    assert.equal(after(tempos, 400, 0.001), SHORT);
    assert.equal(after(tempos, 200, 0.001), INSTANT);
  });

  test('is judged by its own calls only', () => {
    const tempos = warmedUp();
    after(tempos, 200, 0.001);
    for (let i = 0; i < 50; i++) tempos.note(FN + 1, 50);
    assert.equal(tempos.of(FN), INSTANT);
    assert.equal(tempos.of(FN + 1), ANY);
  });
});
