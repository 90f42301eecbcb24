/**
 * The URLs of scripts, which the inspector identifies by number.
 *
 * Best-effort coverage lists them within a few milliseconds and without an after-effect. It leaves out scripts that
 * were partly garbage-collected and none of whose functions ever ran; only the debugger lists those. The debugger
 * makes every later `await` in the process slower by some nanoseconds, and ends block coverage. So it is the last
 * resort, and it is not used at all while coverage is being recorded.
 *
 * The profiler is never disabled and the session never disconnected: both would end coverage that other code
 * records.
 */
import { BoundedMap } from '../util/bounded-map.ts';
import type { InspectorSession } from './inspector-session.ts';

const MOST_SCRIPTS = 20_000;

export class ScriptUrls {
  readonly #session: InspectorSession;
  /**
   * URL by script number; undefined if neither way has found it. Bounded, because a program may make any number of
   * scripts.
   */
  readonly #told = new BoundedMap<string, string | undefined>(MOST_SCRIPTS);
  #profiling = false;

  constructor(session: InspectorSession) {
    this.#session = session;
  }

  /** The URL in V8: `file:///…` for ES modules, a path for CommonJS; undefined if it can't be determined. */
  of(script: string): string | undefined {
    if (this.#told.has(script)) return this.#told.get(script);
    let urls = this.#readCoverage();
    this.#keep(urls);
    if (!urls.has(script) && !coverageIsTaken()) {
      urls = this.#readScripts();
      this.#keep(urls);
    }
    const found = urls.get(script);
    this.#told.set(script, found);
    return found;
  }

  /**
   * Scripts without a URL are left out: there may be any number of them, and each is looked up for one function
   * only.
   */
  #keep(urls: ReadonlyMap<string, string>): void {
    for (const [script, url] of urls) if (url !== '') this.#told.set(script, url);
  }

  #readCoverage(): Map<string, string> {
    if (!this.#profiling) this.#session.ask('Profiler.enable');
    this.#profiling = true;
    const { result } = this.#session.ask('Profiler.getBestEffortCoverage') as {
      result: { scriptId: string; url: string }[];
    };
    return new Map(result.map(({ scriptId, url }) => [scriptId, url]));
  }

  #readScripts(): Map<string, string> {
    const scripts = this.#session.hear('Debugger.scriptParsed', () => {
      this.#session.ask('Debugger.enable');
      this.#session.ask('Debugger.disable');
    }) as { scriptId: string; url: string }[];
    return new Map(scripts.map(({ scriptId, url }) => [scriptId, url]));
  }
}

/** True if coverage is being recorded in this process, as far as its environment and flags show it. */
function coverageIsTaken(): boolean {
  const { NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID } = process.env;
  return (
    [NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID].some((each) => each !== undefined && each !== '') ||
    process.execArgv.includes('--experimental-test-coverage')
  );
}
