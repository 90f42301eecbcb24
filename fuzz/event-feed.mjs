/** A stream of events, with the submitters' reader. */
import { EventReader } from '#dist/cluster/event-reader.js';

export class EventFeed {
  #next;
  #asked;
  #outcome;

  /** @param takers - functions for the events of a job, which return the problem, or throw. */
  constructor(takers) {
    const listener = Object.fromEntries(
      ['began', 'returned', 'removed', 'duplicated', 'reconnected'].map((name) => [name, nothing]),
    );
    for (const [name, take] of Object.entries(takers))
      listener[name] = (_id, given) => (this.#outcome = outcomeOf(take, given));
    const client = {
      xread: () =>
        new Promise((resolve) => {
          this.#next = resolve;
          this.#asked?.();
        }),
      disconnect: nothing,
    };
    void new EventReader(client, 'events', Promise.resolve('0-0'), listener);
  }

  /** @returns the problem with the handling of the event. @throws the error of its taker. */
  async read(fields) {
    if (this.#next === undefined) await new Promise((resolve) => (this.#asked = resolve));
    this.#outcome = undefined;
    const asked = new Promise((resolve) => (this.#asked = resolve));
    this.#next([['events', [['1-0', fields]]]]);
    await asked;
    if (this.#outcome === undefined) return undefined;
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.problem;
  }
}

function nothing() {}

function outcomeOf(take, given) {
  try {
    return { problem: take(given) };
  } catch (error) {
    return { error };
  }
}
