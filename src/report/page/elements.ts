import {visibleParts} from '../html/visible-text.ts';

/** The element with an id, which the page has. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

/** The data in a script element. */
export function readJson(element: Element): unknown {
  return JSON.parse(element.textContent);
}

/** A new element with text or elements in it. Text is never markup. */
export function create<K extends keyof HTMLElementTagNameMap>(
  name: K,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}

/** A foreign text as nodes; characters that cannot be seen are shown by their numbers. */
export function foreign(text: string): readonly Node[] {
  return visibleParts(text).map((part) => {
    if (!part.isMark) return document.createTextNode(part.text);
    const mark = create('span', part.text);
    mark.className = 'mark';
    return mark;
  });
}
