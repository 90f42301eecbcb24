/** A progress line on stderr: redrawn ten times a second in a terminal, ten lines in all elsewhere. */
let drawn = '';
let drawnAt = 0;

export function progress(what: string, done: number, all: number): void {
  const { stderr } = process;
  const percent = Math.floor((100 * done) / all);
  const line = `${what.padEnd(12)} ${String(percent).padStart(3)} %`;
  if (stderr.isTTY) {
    const now = performance.now();
    if (done < all && now - drawnAt < 100) return;
    drawnAt = now;
    stderr.write(`\r${line}  ${done}/${all} files${done === all ? '\n' : ''}`);
  } else if (percent % 10 === 0 && line !== drawn) {
    drawn = line;
    stderr.write(`${line}\n`);
  }
}
