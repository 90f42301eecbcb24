/** Prepares the reflections of TypeDoc for the reference: names of modules, groups, base classes, members, examples. */
import { Comment, CommentTag, ReflectionKind } from 'typedoc';

/** The groups of names, in the order of the index and the sidebar. */
export const GROUPS = ['Classes', 'Functions', 'Constants', 'Options and types', 'Errors'];

/** Members for the runtime: programs do not call them. */
const FOR_RUNTIMES = new Set(['[custom]', '[hasInstance]', '[toStringTag]']);

const hasPage = (type) => type.reflection !== undefined;

/** The group in the index and in the sidebar. */
function groupOf(reflection) {
  const isError = (each) =>
    each.name === 'Error' || (each.reflection?.extendedTypes ?? []).some(isError);
  if (reflection.kindOf(ReflectionKind.Class))
    return (reflection.extendedTypes ?? []).some(isError) ? 'Errors' : 'Classes';
  if (reflection.kindOf(ReflectionKind.Function)) return 'Functions';
  return reflection.kindOf(ReflectionKind.Variable) ? 'Constants' : 'Options and types';
}

/** The comment of a function belongs to its signatures. */
function putInGroup(reflection) {
  const commented = reflection.signatures?.[0] ?? reflection;
  commented.comment ??= new Comment();
  const group = [{ kind: 'text', text: groupOf(reflection) }];
  commented.comment.blockTags.push(new CommentTag('@group', group));
}

/** `` @example `pool.submit(f)` `` is code, as a block of TypeScript. */
function unquoteExamples({ blockTags }) {
  for (const { tag, content } of blockTags) {
    if (tag !== '@example') continue;
    for (const part of content)
      part.text = part.text.replace(/^(```\w*\n)`([^`]+)`(\n```)$/, '$1$2$3');
  }
}

/** A base class that is not exported has no page, so no page refers to it. */
function dropHiddenBases(reflection, packageName) {
  const { extendedTypes = [] } = reflection;
  const kept = extendedTypes.filter((type) => hasPage(type) || type.package !== packageName);
  if (kept.length > 0) reflection.extendedTypes = kept;
  else delete reflection.extendedTypes;
}

function dropHiddenOrigins(reflection) {
  for (const key of ['inheritedFrom', 'overwrites', 'implementationOf'])
    if (reflection[key] !== undefined && !hasPage(reflection[key])) delete reflection[key];
}

/** For the moment before TypeDoc resolves types and groups. */
export function tidyReflections(project, packageName) {
  for (const module of project.children) {
    module.name = [packageName, module.name].filter((part) => part !== 'index').join('/');
    for (const child of module.children ?? []) {
      putInGroup(child);
      dropHiddenBases(child, packageName);
      for (const member of child.children?.filter(({ name }) => FOR_RUNTIMES.has(name)) ?? [])
        project.removeReflection(member);
    }
  }
}

/** For the moment after that, when TypeDoc has found examples and the origins of members. */
export function tidyResolved(project) {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.comment !== undefined) unquoteExamples(reflection.comment);
    dropHiddenOrigins(reflection);
  }
}
