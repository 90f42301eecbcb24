/** Mocked time that passes as it does for an event loop that is not blocked. */
import type { TestContext } from 'node:test';

/** How many turns the event loop has meanwhile. */
const TURNS = 50;

/** Lets milliseconds pass for a test whose `setTimeout` is mocked, and the event loop have its turns. */
export async function passTime(t: TestContext, ms: number): Promise<void> {
  for (let i = 0; i < TURNS; i++) {
    t.mock.timers.tick(ms / TURNS);
    await new Promise(setImmediate);
  }
}
