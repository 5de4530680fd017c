import type {RowTemplate} from './row-template.ts';

// Some ten thousand rows; a long run must not keep its input in memory.
const mostCharacters = 16 * 2 ** 20;
// What a row takes beside its text.
const ownCharacters = 512;

/**
 * The templates of the rows that a survey has found good, as long as they are few: then the input need not be read a second
 * time.
 */
export class RowDrafts {
  #templates: RowTemplate[] | undefined = [];
  #characters = 0;

  /** For an input of so many bytes, if that is known: one that is too large is not begun with. */
  constructor(bytes = 0) {
    if (bytes > mostCharacters) this.#templates = undefined;
  }

  /** Adds the next row, whose line has so many characters. */
  add(characters: number, make: () => RowTemplate): void {
    if (this.#templates === undefined) return;
    this.#characters += characters + ownCharacters;
    if (this.#characters > mostCharacters) this.#templates = undefined;
    else this.#templates.push(make());
  }

  /** All of them, for whoever asks first, and not kept any longer; undefined when they were too many. */
  take(): readonly RowTemplate[] | undefined {
    const templates = this.#templates;
    this.#templates = undefined;
    return templates;
  }
}
