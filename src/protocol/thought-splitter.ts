/** A piece of a text with `<think>` blocks: what is said, or a whole block's inside. */
export interface SpokenPiece {
  readonly isThought: boolean;
  readonly text: string;
}

const [open, close] = ['<think>', '</think>'];

/**
 * Cuts `<think>` blocks out of a text that comes in pieces, as `outcomeOfChoice` does with a whole one. A block comes out
 * when it closes, not before: one that never does (the answer was cut off while thinking) is text, and only the end tells.
 * What is still held then is the rest of the text. Linear in the text.
 */
export class ThoughtSplitter {
  // Outside a block: the end of the text, if a tag may begin there. Inside: undefined.
  #maybeTag: string | undefined = '';
  #inside: string[] = [];
  #insideTail = '';

  push(text: string): readonly SpokenPiece[] {
    const pieces: SpokenPiece[] = [];
    let rest: string | undefined = text;
    while (rest !== undefined) {
      rest = this.#maybeTag === undefined ? this.#think(rest, pieces) : this.#speak(rest, pieces);
    }
    return pieces;
  }

  /** Takes text outside a block; gives back what comes behind an opening tag. */
  #speak(added: string, pieces: SpokenPiece[]): string | undefined {
    const text = (this.#maybeTag ?? '') + added;
    const start = text.indexOf(open);
    const end = start === -1 ? text.length - lengthOfTagBegun(text) : start;
    if (end > 0) pieces.push({isThought: false, text: text.slice(0, end)});
    this.#maybeTag = start === -1 ? text.slice(end) : undefined;
    return start === -1 ? undefined : text.slice(start + open.length);
  }

  /** Takes text inside a block; gives back what comes behind its closing tag. */
  #think(added: string, pieces: SpokenPiece[]): string | undefined {
    const tail = this.#insideTail;
    const found = (tail + added).indexOf(close);
    this.#inside.push(added);
    if (found === -1) {
      this.#insideTail = (tail + added).slice(1 - close.length);
      return undefined;
    }
    const rest = added.slice(found + close.length - tail.length);
    const block = this.#inside.join('');
    pieces.push({isThought: true, text: block.slice(0, block.length - rest.length - close.length)});
    this.#inside = [];
    this.#insideTail = '';
    this.#maybeTag = '';
    return rest;
  }
}

/** How many of the last characters may be the beginning of an opening tag. */
function lengthOfTagBegun(text: string): number {
  const start = text.lastIndexOf('<');
  return start !== -1 && open.startsWith(text.slice(start)) ? text.length - start : 0;
}
