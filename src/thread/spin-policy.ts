/**
 * Whether it is worth an idle worker's while to watch the queue before it sleeps.
 *
 * It is where calls follow each other within microseconds. Where they come one by one and some time apart it
 * never is: then it only takes a core from whoever is about to submit the next one. So after a few times in
 * vain a worker goes to sleep at once, and watches now and then to find out whether that has changed.
 */

/** In a row. */
const ENOUGH = 4;
/** One idle moment in so many, from then on. */
const RETRY = 16;

export class SpinPolicy {
  #inVain = 0;

  /** The last time was for nothing. */
  get wasInVain(): boolean {
    return this.#inVain > 0;
  }

  /** To be asked once each time that the worker is idle. */
  isDueToWatch(): boolean {
    return this.#inVain < ENOUGH || ++this.#inVain % RETRY === 0;
  }

  /** @param found - something was to be done before the time was over. */
  watched(found: boolean): void {
    this.#inVain = found ? 0 : this.#inVain + 1;
  }
}
