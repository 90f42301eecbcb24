/** Processes by their ids: their existence, and their descriptors. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Far longer than any process takes to end on any machine: its only purpose is to turn a hang into a failure. */
const LIMIT = 30_000;

/** True if it has ended. A zombie counts as ended. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return stateOf(pid) === 'Z';
}

/** One letter as of `ps`: running, sleeping, sTopped, Zombie, … Undefined if there is no such process. */
function stateOf(pid: number): string | undefined {
  return statOf(pid)?.state;
}

/** Resolves when all of them are gone. */
export async function whenGone(pids: readonly number[]): Promise<void> {
  await until(
    () => pids.every(isGone),
    () => `still there: ${pids.filter((pid) => !isGone(pid)).join(' ')}`,
  );
}

/** Processes that a test has stopped. They go on when it is over, if not before. */
export class Stops {
  readonly #stopped: number[] = [];

  /** Make it before the pool of these workers, so that the pool's end does not wait for them. */
  constructor(t: { after(fn: () => void): void }) {
    t.after(() => this.#stopped.forEach(resume));
  }

  /** Resolves when it has come to a halt. */
  async stop(pid: number): Promise<void> {
    this.#stopped.push(pid);
    process.kill(pid, 'SIGSTOP');
    await until(
      () => stateOf(pid) === 'T',
      () => `${pid} is not stopped`,
    );
  }
}

/** Lets a stopped process go on. */
export function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // The process is gone already.
  }
}

/** Polls a state of the system or of another program, which have no events for it. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  otherwise: () => string,
): Promise<void> {
  const deadline = performance.now() + LIMIT;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, otherwise());
    await delay(5);
  }
}

/** The processes whose parent is this one, zombies included. */
export function childrenOf(parent: number): { readonly pid: number; readonly state: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), stat: statOf(Number(name)) }))
    .filter(({ stat }) => stat?.parent === parent)
    .map(({ pid, stat }) => ({ pid, state: stat?.state ?? '' }));
}

/** The number of open file descriptors of this process. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    // The format is `pid (name) state parent …`; the name may contain anything.
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
