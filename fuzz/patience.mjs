/** Waiting for events, with a limit. */

/** Milliseconds without progress. Far more than a busy machine takes for any one step. */
const PATIENCE = 20_000;

/** An expected event did not come. */
export class Hang extends Error {}

let last = 0;

/** Reports progress: all waiting continues. */
export function progress() {
  last = performance.now();
}

/** @throws Hang, naming `what`, if nothing has happened for long and the promise is not settled. */
export async function within(promise, what, ms = PATIENCE) {
  const began = performance.now();
  let timer;
  const late = new Promise((_, reject) => {
    const look = () => {
      const left = Math.max(began, last) + ms - performance.now();
      if (left > 0) timer = setTimeout(look, left);
      else reject(new Hang(`${what} not after ${Math.round(performance.now() - began)} ms`));
    };
    look();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tests again and again until `holds` is true. @returns false if it never was. */
export async function eventually(holds, ms) {
  const until = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  return true;
}

/** Blocks this thread, its event loop included. */
export function blockFor(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
