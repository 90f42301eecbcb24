/**
 * The text of the script that creates functions from packed ones, and the modules that it needs. In a worker's
 * script the build puts the real values here: see scripts/bundle.mjs.
 */
import type { revive } from './revive.ts';

/** Returns a module that the script imports: a file of ours by its path in `dist`, a module of Node by its name. */
type Handed = (name: string) => object | undefined;

/** A function expression. */
export const script: string = '';

export const handed: Handed = () => undefined;

/** The function that {@link script} evaluates to. It passes `revive` to `handOver`. */
export type Evaluate = (handed: Handed, handOver: (made: typeof revive) => void) => void;
