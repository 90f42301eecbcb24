/**
 * The kinds of pools, each with a page of its own:
 *   { name, page, text, packages, versions, notes, scenarios: { [name]: { contenders, rounds, ...options } } }
 *
 * `contenders` are those besides ours, `rounds` is for who wants other than the scenario's own. All other
 * options of a scenario go to its `measure`, for every contender alike.
 */
import { cluster } from './cluster.mjs';
import { functions } from './functions.mjs';
import { processes } from './processes.mjs';
import { threads } from './threads.mjs';

export const kinds = [threads, processes, functions, cluster];
