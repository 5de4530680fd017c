import type {Findings} from './findings.ts';
import {lineStarts, positionAt} from './text-position.ts';

const shortcode = /(["']?)\{\{(?:<[^\n]{0,200}?>|%[^\n]{0,200}?%)\}\}\1/g;
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
  let open: string | undefined;
  const lines = text.split('\n').map((line) => {
    const [, , tag] = heredoc.exec(line) ?? [];
    // At the margin `EOF` can be nothing but the shell's, even if its first line was not copied.
    const closes = open === undefined ? line.trimEnd() === 'EOF' : line.trim() === open;
    if (tag === undefined && !closes) return line;
    open = tag;
    return '---';
  });
  return lines.join('\n');
}

function fillShortcodes(text: string, file: string, findings: Findings): string {
  const starts = lineStarts(text);
  return text.replace(shortcode, (found: string, _quote: string, offset: number) => {
    const at = {file, ...positionAt(starts, offset)};
    const before = text.slice(starts[at.line - 1], offset);
    if (/(?:^|\s)#/.test(before)) return found;
    // Alone on its line it is the page's layout, inside a text it may be that text's own.
    if (/^\s*$/.test(before)) return ' '.repeat(found.length);
    if (!/[:-]\s+$/.test(before) && !/\breuse\b/.test(found)) return found;
    if (/namespace/i.test(found) || /namespace:\s+$/.test(before)) {
      const message = `the page's placeholder for a namespace is taken as \`${pageNamespace}\`, everywhere`;
      findings.warnOnce({message, ...at});
      return pageNamespace.padEnd(found.length);
    }
    findings.incomplete = true;
    findings.problem({
      message: 'a placeholder of the page stands here',
      ...at,
      hint: 'Put the value in its place: the page fills it in when it is shown.',
    });
    return 'placeholder'.padEnd(found.length);
  });
}
