/** One frame of the channel to a worker process, read from the stream. For its bytes see process/frame-layout.ts. */
export interface Frame {
  readonly kind: number;
  readonly flags: number;
  readonly number: number;
  readonly extra: number;
  /** The memory that contains the frame. */
  readonly bytes: Uint8Array;
  /** Start of the content in `bytes`. In the sender's memory it was a multiple of 8. */
  readonly start: number;
  readonly end: number;
  /** Undefined if there was no memory for one of them. */
  readonly attached: readonly ArrayBuffer[] | undefined;
}
