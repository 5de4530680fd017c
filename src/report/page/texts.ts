import type {PageNotes, Passage, RowTexts} from '../html/page-data.ts';
import {readJson} from './elements.ts';

/** The texts of the page, read block by block when they are asked for. */
export class PageTexts {
  readonly #blocks: readonly Element[];
  readonly #read: (readonly RowTexts[] | undefined)[] = [];
  /** By row: its block and its place there. */
  readonly #places = new Map<number, readonly [block: number, place: number]>();

  constructor({rowsWithTexts, blockSizes}: PageNotes, blocks: Iterable<Element>) {
    this.#blocks = Array.from(blocks);
    let next = 0;
    for (const [block, size] of blockSizes.entries())
      for (let place = 0; place < size; place++)
        this.#places.set(rowsWithTexts[next++] ?? -1, [block, place]);
  }

  /** Undefined where the page has none. */
  of(row: number): readonly Passage[] | undefined {
    const [block, place] = this.#places.get(row) ?? [];
    if (block === undefined || place === undefined) return undefined;
    return this.#block(block)[place]?.[1];
  }

  /** Tells whether a row's texts hold what is searched for, upper and lower case alike. */
  finder(search: string): (row: number) => boolean {
    if (search === '') return () => true;
    const pattern = new RegExp(search.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'iu');
    const holds = ([, start, , end = '']: Passage): boolean => pattern.test(start) || pattern.test(end);
    return (row) => this.of(row)?.some(holds) ?? false;
  }

  #block(number: number): readonly RowTexts[] {
    const element = this.#blocks[number];
    const texts = this.#read[number] ?? (element === undefined ? [] : (readJson(element) as RowTexts[]));
    this.#read[number] = texts;
    return texts;
  }
}
