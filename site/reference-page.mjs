/** Shortens a page that TypeDoc has written: a member keeps its heading, and its parts get a bold word instead. */

/** Headings of the parts of a member. They would fill the outline of the page and the results of the search. */
const PART =
  /^#+ (Default|Default Value|Deprecated|Example|Extended by|Extends|Implementation of|Implements|Inherited from|Overrides|Parameters|Returns|See|Throws|Type Parameters)\n\n/gm;
const BARE_TYPE_PARAMETERS =
  /^\*\*Type Parameters\*\*\n\n\| Type Parameter \|\n\| -+ \|\n(?:\| <a id="[^"]*"><\/a> `\w+` \|\n)+\n/gm;
const DEFAULT = /^\*\*Default(?: Value)?\*\*\n\n```ts\n([^\n`]+)\n```$/gm;
const BASES = /^(\*\*(?:Extended by|Extends|Implements)\*\*)\n\n((?:- .+(?:\n|$))+)/gm;

/** For `MarkdownPageEvent.END`. */
export function tidyPage(page) {
  page.contents = page.contents
    .replaceAll(PART, '**$1**\n\n')
    .replaceAll(BARE_TYPE_PARAMETERS, '')
    .replaceAll(
      BASES,
      (_, part, list) => `${part} ${list.trim().slice(2).replaceAll('\n- ', ', ')}\n`,
    )
    // Text follows the name of its part on the same line; a table, a list and code do not.
    .replaceAll(/^(\*\*(?:Returns|Throws|Overrides|Inherited from)\*\*)\n\n(?!\||```|- )/gm, '$1 ')
    .replaceAll(DEFAULT, '**Default** `$1`')
    .replaceAll(/^#+ Get Signature\n\n/gm, '');
}
