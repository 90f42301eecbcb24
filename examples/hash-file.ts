// The work: a plain function, in a module that workers import.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export interface Hashed {
  readonly digest: string;
  readonly bytes: number;
  readonly zipped: number;
}

export function hashFile(path: string): Hashed {
  const content = readFileSync(path);
  const digest = createHash('sha256').update(content).digest('hex');
  return { digest, bytes: content.length, zipped: gzipSync(content).length };
}
