/**
 * Decides whether an idle worker watches the queue before it sleeps.
 *
 * Watching pays off if calls follow each other within microseconds. It never does if they come one by one and some time
 * apart: then it only takes a core from the thread that is about to submit the next one. So after a few watches in vain
 * a worker goes to sleep at once, and watches now and then to find out whether that has changed.
 */

/** Watches in vain, in a row, after which a worker sleeps at once. */
const ENOUGH = 4;
/** From then on, one idle moment in this many is watched. */
const RETRY = 16;

export class SpinPolicy {
  #inVain = 0;

  /** True if the last watch found nothing. */
  get wasInVain(): boolean {
    return this.#inVain > 0;
  }

  /** Call it once each time the worker becomes idle. */
  isDueToWatch(): boolean {
    return this.#inVain < ENOUGH || ++this.#inVain % RETRY === 0;
  }

  /** @param found - true if work came before the time was over. */
  watched(found: boolean): void {
    this.#inVain = found ? 0 : this.#inVain + 1;
  }
}
