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
import { BoundedMap } from '../util/bounded-map.ts';
import type { InspectorSession } from './inspector-session.ts';

const MOST_SCRIPTS = 20_000;

export class ScriptUrls {
  readonly #session: InspectorSession;
  /** What was told, undefined if neither way has. Programs may make scripts without end. */
  readonly #told = new BoundedMap<string, string | undefined>(MOST_SCRIPTS);
  #profiling = false;

  constructor(session: InspectorSession) {
    this.#session = session;
  }

  /** The URL as V8 knows it: `file:///…` of modules, a path of CommonJS, undefined if it can't be found out. */
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

  /** Of scripts with no URL there may be any number, and of each one function is looked at. */
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

/** Whether somebody counts what is run in this process, as far as that can be told from outside. */
function coverageIsTaken(): boolean {
  const { NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID } = process.env;
  return (
    [NODE_V8_COVERAGE, VITEST, JEST_WORKER_ID].some((each) => each !== undefined && each !== '') ||
    process.execArgv.includes('--experimental-test-coverage')
  );
}
