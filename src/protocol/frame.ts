/** A frame of the channel to a worker process, as it came out of the stream: see process/frame-layout.ts for its bytes. */
export interface Frame {
  readonly kind: number;
  readonly flags: number;
  readonly number: number;
  readonly extra: number;
  /** Where the frame is. */
  readonly bytes: Uint8Array;
  /** Where its content begins in `bytes`: a multiple of 8 from where it was written. */
  readonly start: number;
  readonly end: number;
  /** Undefined: there was no memory for one of them. */
  readonly attached: readonly ArrayBuffer[] | undefined;
}
