/**
 * Makes the helpers that esbuild writes into its bundles proof against what a program has put on `Object.prototype`.
 *
 * They make descriptors as object literals, which inherit a `get` or a `value` from there, and go through their tables
 * by `for … in`, which finds whatever is enumerable there: one such property, and no bundle could be loaded.
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

/** What must not be left over, should another version of esbuild write its helpers in another way. */
const LEFT = /^ *(?:for \(var \w+ in |.*\b__defProp\w*\((?!.*__proto__)).*$/m;

/** @throws Error if there is a helper that it does not know. */
export function hardenHelpers(text, file) {
  const mended = MENDED.reduce((each, [from, to]) => each.replaceAll(from, to), text);
  const left = LEFT.exec(mended)?.[0];
  if (left !== undefined)
    throw new Error(
      `${file}: a helper of the bundler trusts Object.prototype: ${left.trim()}. Teach scripts/harden-helpers.mjs how to mend it.`,
    );
  return mended;
}
