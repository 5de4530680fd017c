import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const seeds = join(process.cwd(), '../shared/reference/seeds');

/** Whether the pages that this product implements are at hand. */
export const havePages: boolean = existsSync(seeds);

/** A page's text, as it is printed. */
export function readPage(name: 'nemo-gym' | 'agentgateway'): string {
  return readFileSync(join(seeds, `${name}-azure-openai.txt`), 'utf8');
}

/** The fenced blocks of a page in one language, in order, without the indentation that they are printed with. */
export function codeBlocks(page: string, language: string): readonly string[] {
  const fence = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *(?:\`\`\`|\\{\\{% /tab)`, 'gm');
  return [...page.matchAll(fence)].map(([, indent = '', body = '']) =>
    body
      .split('\n')
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n'),
  );
}
