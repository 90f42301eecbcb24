/**
 * Parts that are given back together, the last one first. Node 20 has no `AsyncDisposableStack`.
 *
 *     const parts = new DisposalStack();
 *     const file = parts.use(await open(path), (each) => each.close());
 *     await parts.dispose();
 */
export class DisposalStack {
  readonly #disposals: (() => unknown)[] = [];

  /** @returns `part`, which `dispose` gives back later. */
  use<T>(part: T, dispose: (part: T) => unknown): T {
    this.defer(() => dispose(part));
    return part;
  }

  defer(dispose: () => unknown): void {
    this.#disposals.push(dispose);
  }

  /**
   * Gives every part back, one after the other. A second call does nothing.
   *
   * @throws the first error of a disposal, after all the others have been carried out.
   */
  async dispose(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (let next = this.#disposals.pop(); next !== undefined; next = this.#disposals.pop()) {
      try {
        await next();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
