/** A progress line on stderr, redrawn at most ten times a second; one line per run where that is no terminal. */
let drawn = 0;

export function progress(what: string, done: number, all: number): void {
  const now = performance.now();
  const last = done === all;
  if (!last && (!process.stderr.isTTY || now - drawn < 100)) return;
  drawn = now;
  const text = `${what.padEnd(12)} ${done}/${all} files ${Math.floor((100 * done) / all)} %`;
  process.stderr.write(process.stderr.isTTY ? `\r${text}${last ? '\n' : ''}` : `${text}\n`);
}
