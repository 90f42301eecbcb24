/**
 * Writes one file of declarations for each public entry, from the declarations that `tsc` has made of each module.
 *
 * Declarations that both entries need stand in `shared.d.ts`, once: each declaration of a class with private fields is a
 * type of its own, and a `Future` of the one entry has to be a `Future` of the other. Doc comments are kept. Declarations
 * that no public one mentions are left out, so they are not published.
 */
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const ENTRIES = ['index', 'cluster', 'register'];
const EXPORTS = /^export (?:type )?\{ ([^}]*) \}( from '[^']*')?;$/gm;

/** Warnings about intended things. */
const EXPECTED = [
  // `register` exports nothing.
  (warning) => warning.code === 'EMPTY_BUNDLE' && warning.names?.join() === 'register',
  // Public types may mention types that cannot be imported by name. The snapshots in `test/api` list these.
  (warning) => warning.message.includes('references private shared type exports'),
];

const bundle = await rollup({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, `dist/${entry}.d.ts`])),
  external: (name) => !/^[./]/.test(name),
  plugins: [dts(), typesAsTypes()],
  onwarn(warning) {
    if (!EXPECTED.some((expects) => expects(warning))) throw new Error(warning.message);
  },
});
await bundle.write({
  dir: 'dist/bundle',
  format: 'es',
  entryFileNames: '[name].d.ts',
  chunkFileNames: 'shared.d.ts',
  minifyInternalExports: false,
});
await bundle.close();

/**
 * The bundler would declare a class as a value although the entry exports it as a type only. So a name is declared as a
 * value exactly if the JavaScript of the entry exports it.
 */
function typesAsTypes() {
  return {
    name: 'types-as-types',
    async generateBundle(_options, files) {
      const programs = {
        'index.d.ts': await import('../dist/bundle/index.js'),
        'cluster.d.ts': await import('../dist/bundle/cluster.js'),
      };
      for (const [file, program] of Object.entries(programs))
        files[file].code = divideExports(files[file].code, new Set(Object.keys(program)));
    },
  };
}

function divideExports(code, values) {
  return code.replaceAll(EXPORTS, (_text, list, from = '') => {
    const names = list
      .split(', ')
      .map((text) => ({ text, isValue: values.has(text.split(' ').at(-1)) }));
    const lines = [
      ['export', names.filter(({ isValue }) => isValue)],
      ['export type', names.filter(({ isValue }) => !isValue)],
    ];
    return lines
      .filter(([, some]) => some.length > 0)
      .map(([keyword, some]) => `${keyword} { ${some.map(({ text }) => text).join(', ')} }${from};`)
      .join('\n');
  });
}
