/** A target of `map` whose calls a test settles by hand. */
import type { CallOptions } from '#dist/executor/call-options.js';
import { MapResults } from '#dist/executor/map.js';
import type { AnyIterable } from '#dist/executor/zip.js';
import { Future } from '#dist/future/future.js';

// The constructor is internal, and therefore not in the declarations.
const Results = MapResults as unknown as new (
  target: FakeTarget,
  options: CallOptions,
  iterables: readonly AnyIterable[],
) => MapResults<unknown>;

export interface FakeCall {
  readonly args: unknown;
  readonly future: Future<unknown>;
}

export class FakeTarget {
  readonly lookAhead = 2;
  readonly calls: FakeCall[] = [];
  /** The error that `submit` throws. */
  refuse: Error | undefined = undefined;
  /** Called with each call. */
  submitted: ((call: FakeCall) => void) | undefined = undefined;
  chunked = false;

  submitOne(args: unknown[]): Future<unknown> {
    if (this.refuse !== undefined) throw this.refuse;
    const call = { args, future: new Future<unknown>() };
    this.calls.push(call);
    this.submitted?.(call);
    return call.future;
  }

  submitChunk(tuples: unknown[][]): Future<never> {
    this.chunked = true;
    return this.submitOne(tuples) as Future<never>;
  }

  settle(index: number, value: unknown): void {
    this.calls[index]?.future.setResult(value);
  }

  map(options: CallOptions, ...iterables: AnyIterable[]): MapResults<unknown> {
    return new Results(this, options, iterables);
  }
}
