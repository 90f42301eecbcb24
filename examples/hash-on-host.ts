// The work, on whichever host runs it: paths are relative to the folder that hosts are started in.
import { hostname } from 'node:os';
import { type Hashed, hashFile } from './hash-file.js';

export interface HashedOnHost extends Hashed {
  readonly host: string;
}

export function hashOnHost(path: string): HashedOnHost {
  return { ...hashFile(path), host: `${hostname()}-${process.pid}` };
}
