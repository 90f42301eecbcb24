/** Mocked time that passes like for an event loop that is not blocked. */
import type { TestContext } from 'node:test';

/** The number of turns that the event loop gets meanwhile. */
const TURNS = 50;

/** Lets `ms` milliseconds pass for a test with a mocked `setTimeout`, and gives the event loop its turns. */
export async function passTime(t: TestContext, ms: number): Promise<void> {
  for (let i = 0; i < TURNS; i++) {
    t.mock.timers.tick(ms / TURNS);
    await new Promise(setImmediate);
  }
}
