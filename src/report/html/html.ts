import {visibleParts} from './visible-text.ts';

/** Markup that may go into a page as it is. */
export class Html {
  readonly text: string;

  /** For what we wrote ourselves; anything else goes through `html`. */
  constructor(text: string) {
    this.text = text;
  }
}

export type HtmlValue = string | number | Html | undefined | readonly HtmlValue[];

/**
 * Markup from a template: what is filled in is text, whatever it holds, unless it is markup that was made here too. Between tags and in
 * quoted attributes only.
 */
export function html(pieces: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = pieces[0] ?? '';
  for (const [place, value] of values.entries()) text += textOf(value) + (pieces[place + 1] ?? '');
  return new Html(text);
}

/** A foreign text in which characters that cannot be seen are shown by their numbers. */
export function visible(text: string): Html {
  const parts = visibleParts(text);
  return html`${parts.map((part) => (part.isMark ? html`<span class="mark">${part.text}</span>` : part.text))}`;
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
