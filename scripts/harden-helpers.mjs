/**
 * Protects the helpers that esbuild writes into its bundles against properties that a program has put on
 * `Object.prototype`.
 *
 * The helpers make descriptors as object literals, which inherit a `get` or a `value` from there, and iterate over
 * tables by `for … in`, which finds inherited enumerable properties: with one such property no bundle could be loaded.
 */
const MENDED = [
  ['for (var name in all)', 'for (var name of Object.keys(all))'],
  ['__defProp(target, name, { get:', '__defProp(target, name, { __proto__: null, get:'],
  ['__defProp(target, "name", { value,', '__defProp(target, "name", { __proto__: null, value,'],
  ['__defProp(to, key, { get:', '__defProp(to, key, { __proto__: null, get:'],
  [
    '__defProp({}, "__esModule", { value: true })',
    '__defProp({}, "__esModule", { __proto__: null, value: true })',
  ],
];

/** Matches unprotected helpers, in case another version of esbuild writes them in another way. */
const LEFT = /^ *(?:for \(var \w+ in |.*\b__defProp\w*\((?!.*__proto__)).*$/m;

/** @throws Error if there is an unknown helper. */
export function hardenHelpers(text, file) {
  const mended = MENDED.reduce((each, [from, to]) => each.replaceAll(from, to), text);
  const left = LEFT.exec(mended)?.[0];
  if (left !== undefined)
    throw new Error(
      `${file}: a helper of the bundler trusts Object.prototype: ${left.trim()}. Teach scripts/harden-helpers.mjs how to mend it.`,
    );
  return mended;
}
