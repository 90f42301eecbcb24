/**
 * The script that makes functions anew, as a text, and what it is handed. In a worker's script the build puts the real
 * ones here: see scripts/bundle.mjs.
 */
import type { revive } from './revive.ts';

/** Gives what the script takes from elsewhere: files of ours by their paths in `dist`, Node's modules by their names. */
type Handed = (name: string) => object | undefined;

/** A function expression. */
export const script: string = '';

export const handed: Handed = () => undefined;

/** What evaluating {@link script} gives; it hands over `revive`. */
export type Evaluate = (handed: Handed, handOver: (made: typeof revive) => void) => void;
