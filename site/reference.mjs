/**
 * The reference, from the doc comments of the package's exports: a page for each name.
 *
 *     reference/<name>            an export of `concurrent-futures`
 *     reference/cluster/<name>    an export of `concurrent-futures/cluster`
 *
 *     sources -> TypeDoc: reflections -> reflections.mjs -> Markdown -> reference-page.mjs -> pages/reference/
 *
 * A link in a comment that leads nowhere is an error.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { MarkdownPageEvent, MemberRouter } from 'typedoc-plugin-markdown';
import { PAGES, REPOSITORY } from './pages.mjs';
import { tidyPage } from './reference-page.mjs';
import { GROUPS, tidyReflections, tidyResolved } from './reflections.mjs';

const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));

/** The entries of the package: `index` for `.`, `cluster` for `./cluster`. */
const entries = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => (path === '.' ? 'index' : path.slice(2)));

const options = {
  entryPoints: entries.map((entry) => join(REPOSITORY, `src/${entry}.ts`)),
  tsconfig: join(REPOSITORY, 'tsconfig.json'),
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
  out: join(PAGES, 'reference'),
  docsRoot: PAGES,
  readme: 'none',
  // `npm run build` checks types.
  skipErrorChecking: true,
  name: 'Reference',
  router: 'by-name',
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeProtected: true,
  validation: { notExported: false, notDocumented: false, invalidLink: true },
  treatWarningsAsErrors: true,
  logLevel: 'Warn',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  sidebar: { collapsed: false },
  useCodeBlocks: true,
  indexFormat: 'table',
  parametersFormat: 'table',
  pageTitleTemplates: {
    index: '{projectName}',
    member: ({ rawName }) => rawName.replace(/<.*/, ''),
    module: '{name}',
  },
  groupOrder: [...GROUPS, 'Constructors', 'Accessors', 'Properties', 'Methods', '*'],
  navigation: { includeFolders: false, includeGroups: true },
};

/** An address contains the entry and the name of an export, and not its kind. */
class ByName extends MemberRouter {
  getIdealBaseName(reflection) {
    const { parent } = reflection;
    const entry = (module) => module.name.slice(manifest.name.length + 1);
    if (parent?.kindOf(ReflectionKind.Project)) return entry(reflection) || manifest.name;
    return [entry(parent), reflection.name].filter((part) => part !== '').join('/');
  }
}

export async function writeReference() {
  if (!existsSync(join(REPOSITORY, 'node_modules/@types/node')))
    throw new Error('Run `npm ci` first: the sources need the types of Node.');
  const application = await Application.bootstrapWithPlugins(options);
  application.renderer.defineRouter('by-name', ByName);
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) =>
    tidyReflections(project, manifest.name),
  );
  application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => tidyResolved(project));
  application.renderer.on(MarkdownPageEvent.END, tidyPage);
  const project = await application.convert();
  if (project === undefined) throw new Error('TypeDoc could not read the sources.');
  application.validate(project);
  await application.generateOutputs(project);
  if (application.logger.hasErrors() || application.logger.hasWarnings())
    throw new Error('The reference has errors or warnings, which are printed above.');
}
