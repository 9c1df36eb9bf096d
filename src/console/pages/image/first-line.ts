const MAX_LENGTH = 200;

/**
 * The first line of a Markdown text that says something, as plain text: for places where the text itself has no room.
 * Headings, lists and quotes lose their signs, links and images all but their words; lines between code fences, rules
 * and tables' lines are passed over.
 *
 * @returns at most 200 characters; "" when there is no such line.
 */
export function firstLine(markdown: string): string {
  let isCode = false;
  for (const line of markdown.split("\n")) {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    else if (!isCode) {
      const text = plain(line);
      if (/[\p{L}\p{N}]/u.test(text)) return cut(text);
    }
  }
  return "";
}

function plain(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6}\s+|>\s*|[-*+]\s+|\d+[.)]\s+)+/, "")
    .replace(/^\s*\|.*$/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__|`|~~)(.+?)\1/g, "$2")
    .replace(/(?<![\p{L}\p{N}])([*_])(\S(?:.*?\S)?)\1(?![\p{L}\p{N}])/gu, "$2")
    .replace(/\s+/g, " ")
    .trim();
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length > MAX_LENGTH ? `${characters.slice(0, MAX_LENGTH - 1).join("")}…` : text;
}
