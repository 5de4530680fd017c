import type {RowTemplate} from './row-template.ts';

// Some ten thousand rows; a long run must not keep its input in memory.
const mostCharacters = 16 * 2 ** 20;
// What a row takes beside its text, and what one takes of which nothing is kept.
const ownCharacters = 512;
const passedCharacters = 8;

/**
 * The templates of the rows that a survey has found good, as long as they are few: then the input need not be read a second
 * time.
 */
export class RowDrafts {
  #templates: (RowTemplate | undefined)[] | undefined = [];
  #characters = 0;

  /** For an input of so many bytes, if that is known: one that is too large is not begun with. */
  constructor(bytes = 0) {
    if (bytes > mostCharacters) this.#templates = undefined;
  }

  /** Adds the next row, whose line has so many characters. */
  add(characters: number, make: () => RowTemplate): void {
    if (this.#hasRoom(characters + ownCharacters)) this.#templates?.push(make());
  }

  /** Notes that the next row is another shard's. */
  pass(): void {
    if (this.#hasRoom(passedCharacters)) this.#templates?.push(undefined);
  }

  /** One for each row, undefined for another shard's, for whoever asks first, and not kept any longer; undefined when they were too many. */
  take(): readonly (RowTemplate | undefined)[] | undefined {
    const templates = this.#templates;
    this.#templates = undefined;
    return templates;
  }

  #hasRoom(characters: number): boolean {
    this.#characters += characters;
    if (this.#characters > mostCharacters) this.#templates = undefined;
    return this.#templates !== undefined;
  }
}
