import type {Findings} from './findings.ts';
import {lineStarts, positionAt} from './text-position.ts';

const shortcode = /(["']?)\{\{(?:<[^\n]*?>|%[^\n]*?%)\}\}\1/g;
const heredoc = /^[ \t]*(?:\$[ \t]+)?(?:kubectl|oc|cat)\b[^\n]*?<<-?[ \t]*(["']?)([A-Za-z_]\w*)\1[^\n]*$/;
const pageNamespace = 'default';

/**
 * Makes documents that were copied from a page into documents: the shell's lines around them (`kubectl apply -f- <<EOF`, `EOF`)
 * become `---`, the page's shortcodes for a namespace become `default`. Every other character keeps its line and column.
 */
export function unwrapPastedText(text: string, file: string, findings: Findings): string {
  return fillShortcodes(dropShellLines(text), file, findings);
}

function dropShellLines(text: string): string {
  let tag = 'EOF';
  const lines = text.split('\n').map((line) => {
    const opened = heredoc.exec(line)?.[2];
    if (opened !== undefined) tag = opened;
    // At the margin `EOF` can be nothing but the shell's; further in it may be the text of a block.
    else if (line.trim() !== tag || (tag === 'EOF' && !text.includes('<<') && /^\s/.test(line))) return line;
    return '---';
  });
  return lines.join('\n');
}

function fillShortcodes(text: string, file: string, findings: Findings): string {
  const starts = lineStarts(text);
  return text.replace(shortcode, (found: string, _quote: string, offset: number) => {
    const {line, column} = positionAt(starts, offset);
    const before = text.slice(starts[line - 1], offset);
    if (/(?:^|\s)#/.test(before)) return found;
    // A shortcode on a line of its own is the page's layout, not a value.
    if (!/[:-]\s*$/.test(before)) return ' '.repeat(found.length);
    if (!/namespace/i.test(found) && !/namespace:\s*$/.test(before)) {
      findings.incomplete = true;
      findings.problem({
        message: 'a placeholder of the page stands here',
        file,
        line,
        column,
        hint: 'Put the value in its place: the page fills it in when it is shown.',
      });
    } else {
      findings.warnOnce({
        message: `the page's placeholder for a namespace is taken as \`${pageNamespace}\`, everywhere`,
        file,
        line,
        column,
      });
    }
    return pageNamespace.padEnd(found.length);
  });
}
