/**
 * The URLs of scripts, which the inspector identifies by number.
 *
 * Best-effort coverage lists them, for a few milliseconds and without an after-effect. It passes over
 * scripts of which nothing was ever run and which were collected in part; then only the debugger knows.
 * The debugger makes every later `await` of the process slower by some nanoseconds, and ends block
 * coverage, so it is the last resort and not used at all where coverage is being taken.
 *
 * Never disabled, never disconnected: both would end a coverage that somebody else takes.
 */
import type { InspectorSession } from './inspector-session.ts';

export class ScriptUrls {
  readonly #session: InspectorSession;
  readonly #urls = new Map<string, string>();
  /** Scripts that neither way has told. */
  readonly #unknown = new Set<string>();
  #profiling = false;

  constructor(session: InspectorSession) {
    this.#session = session;
  }

  /** The URL as V8 knows it: `file:///…` of modules, a path of CommonJS, undefined if it can't be found out. */
  of(script: string): string | undefined {
    const known = this.#urls.get(script);
    if (known !== undefined || this.#unknown.has(script)) return known;
    this.#readCoverage();
    if (!this.#urls.has(script) && !coverageIsTaken()) this.#readScripts();
    const found = this.#urls.get(script);
    if (found === undefined) this.#unknown.add(script);
    return found;
  }

  #readCoverage(): void {
    if (!this.#profiling) this.#session.ask('Profiler.enable');
    this.#profiling = true;
    const { result } = this.#session.ask('Profiler.getBestEffortCoverage') as {
      result: { scriptId: string; url: string }[];
    };
    for (const { scriptId, url } of result) this.#urls.set(scriptId, url);
  }

  #readScripts(): void {
    const scripts = this.#session.hear('Debugger.scriptParsed', () => {
      this.#session.ask('Debugger.enable');
      this.#session.ask('Debugger.disable');
    });
    for (const each of scripts as { scriptId: string; url: string }[])
      this.#urls.set(each.scriptId, each.url);
  }
}

/** Whether somebody counts what is run in this process, as far as that can be told from outside. */
function coverageIsTaken(): boolean {
  const { NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID } = process.env;
  return (
    [NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID].some((each) => each !== undefined && each !== '') ||
    process.execArgv.includes('--experimental-test-coverage')
  );
}
