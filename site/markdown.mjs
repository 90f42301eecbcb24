/**
 * A page of the repository as a page of the site. The text stays the same; links change:
 *
 *     to another page of the site       its address there
 *     to another file or folder         its path as code: the site knows no address of the repository
 *     a path of a page, as code         a link to that page
 *     to a file that does not exist     an error
 *
 * Comments are left out. Blocks of code stay as they are.
 */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { addresses, REPOSITORY } from './pages.mjs';

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** Code, or a link with its text and target. Code comes first, so a link in code stays text. */
const CODE_OR_LINK =
  /(?<code>(?<ticks>`+)(?<text>[^`]+)\k<ticks>)|\[(?<label>(?:`[^`]+`|[^\]])+)\]\((?<target>[^()\s]+)\)/g;
const COMMENT = /<!--[\s\S]*?-->\n?/g;

/** Splits a page into alternating parts: text, a block of code, text, and so on. */
export function parts(markdown) {
  const found = [];
  let fence;
  for (const line of markdown.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    const opens = fence === undefined && mark !== undefined;
    if (opens || found.length === 0) found.push({ isCode: opens, lines: [] });
    found.at(-1).lines.push(line);
    if (opens) fence = mark;
    else if (fence !== undefined && line.trim() === fence) {
      fence = undefined;
      found.push({ isCode: false, lines: [] });
    }
  }
  return found;
}

/** The target of a link in `file`, as a path from the top of the repository. */
function pathOf(file, target) {
  return posix.normalize(posix.join(posix.dirname(file), target));
}

function linkTo(path, hash, file) {
  const from = posix.dirname(addresses.get(file) ?? 'index');
  const to = posix.relative(from, `${addresses.get(path)}.md`);
  return `${to}${hash}`;
}

function rewriteLink(whole, label, target, file) {
  if (/^[a-z]+:/.test(target) || target.startsWith('#')) return whole;
  const [name, anchor] = target.split('#');
  const path = pathOf(file, name);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (addresses.has(path)) return `[${label}](${linkTo(path, hash, file)})`;
  if (!existsSync(join(REPOSITORY, path)))
    throw new Error(`${file} links to ${target}, but there is no such file.`);
  const plain = label.replaceAll('`', '');
  return path.endsWith(plain) ? `\`${path}\`` : `${label} (\`${path}\`)`;
}

function rewriteText(text, file) {
  return text.replaceAll(CODE_OR_LINK, (whole, ...rest) => {
    const { code, text: path, label, target } = rest.at(-1);
    if (code === undefined) return rewriteLink(whole, label, target, file);
    const isOtherPage = path !== file && addresses.has(path);
    return isOtherPage ? `[${code}](${linkTo(path, '', file)})` : code;
  });
}

/** @returns the page with the links that it has on the site. */
export function rewrite(markdown, file) {
  return parts(markdown)
    .map(({ isCode, lines }) => ({ isCode, text: lines.join('\n') }))
    .map(({ isCode, text }) => (isCode ? text : rewriteText(text.replaceAll(COMMENT, ''), file)))
    .join('\n');
}

/** @returns the first heading, as plain text. */
export function titleOf(markdown, file) {
  const title = /^# (.+)$/m.exec(markdown)?.[1];
  if (title === undefined) throw new Error(`${file} has no title.`);
  return title.replaceAll('`', '');
}
