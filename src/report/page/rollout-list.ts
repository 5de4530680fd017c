import {formatCount, formatDuration, formatUsd} from '../format-quantity.ts';
import type {PageNotes, PageRows, Passage} from '../html/page-data.ts';
import {type RowFilter, type SortKey, selectRows, sortRows} from '../html/select-rows.ts';
import {byId, create, foreign} from './elements.ts';
import type {PageTexts} from './texts.ts';

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly isNumber: boolean;
  readonly cell: (row: number) => readonly (Node | string)[];
}

const rowsPerPage = 100;

/** The table of rollouts: a hundred at a time, so that any number of them can be shown, read aloud and printed. */
export class RolloutList {
  readonly #rows: PageRows;
  readonly #notes: PageNotes;
  readonly #texts: PageTexts;
  readonly #columns: readonly Column[];
  readonly #body = byId('list').querySelector('tbody') ?? create('tbody');
  readonly #pages = byId('pages');
  readonly #pageNumber = this.#pages.querySelector('input') ?? create('input');
  #selected: number[] = [];
  #page = 0;
  #key: SortKey = 'task';
  #isDescending = false;

  constructor(rows: PageRows, notes: PageNotes, texts: PageTexts) {
    this.#rows = rows;
    this.#notes = notes;
    this.#texts = texts;
    this.#columns = columnsOf(rows);
    byId('list').querySelector('thead')?.append(this.#headings());
    this.#pages.addEventListener('click', ({target}) => {
      if (!(target instanceof HTMLButtonElement)) return;
      this.#turnTo(this.#page + (target.name === 'on' ? 1 : -1));
    });
    this.#pageNumber.addEventListener('change', () => this.#turnTo(Number(this.#pageNumber.value) - 1));
  }

  /** Shows the rows that fit, from the first page on. */
  show(filter: RowFilter, search: string): void {
    const isSearch = search !== '';
    this.#selected = selectRows(this.#rows, filter, this.#texts.finder(search));
    const [found, all] = [formatCount(this.#selected.length), formatCount(this.#rows.task.length)];
    const left = this.#rows.task.length - this.#notes.rowsWithTexts.length;
    const unread =
      isSearch && left > 0 ? `; the texts of ${formatCount(left)} others are not in this page` : '';
    byId('found').textContent = `${found} of ${all} rollouts${unread}`;
    this.#sort();
  }

  #sort(): void {
    sortRows(this.#selected, this.#rows, this.#key, this.#isDescending);
    this.#turnTo(0);
  }

  #turnTo(page: number): void {
    const count = Math.max(1, Math.ceil(this.#selected.length / rowsPerPage));
    this.#page = Math.min(count - 1, Math.max(0, Number.isInteger(page) ? page : 0));
    this.#pages.hidden = count === 1;
    this.#pageNumber.value = String(this.#page + 1);
    this.#pageNumber.max = String(count);
    byId('page-count').textContent = `of ${formatCount(count)}`;
    for (const button of this.#pages.querySelectorAll('button'))
      button.disabled = button.name === 'on' ? this.#page === count - 1 : this.#page === 0;
    const start = this.#page * rowsPerPage;
    this.#body.replaceChildren(
      ...this.#selected.slice(start, start + rowsPerPage).map((row) => this.#line(row)),
    );
  }

  #headings(): HTMLTableRowElement {
    const line = create('tr');
    for (const {key, title, isNumber} of this.#columns) {
      const button = create('button', title);
      button.type = 'button';
      const heading = create('th', button);
      heading.scope = 'col';
      heading.ariaSort = key === this.#key ? 'ascending' : 'none';
      if (isNumber) heading.className = 'number';
      button.addEventListener('click', () => {
        this.#isDescending = key === this.#key && !this.#isDescending;
        this.#key = key;
        for (const other of line.children) other.ariaSort = 'none';
        heading.ariaSort = this.#isDescending ? 'descending' : 'ascending';
        this.#sort();
      });
      line.append(heading);
    }
    return line;
  }

  #line(row: number): HTMLTableRowElement {
    const line = create('tr');
    for (const {isNumber, cell} of this.#columns) {
      const element =
        line.children.length === 0 ? create('th', this.#opener(row, line)) : create('td', ...cell(row));
      if (isNumber) element.className = 'number';
      line.append(element);
    }
    if ((this.#rows.outcome[row] ?? 0) > 0) line.className = 'failed';
    return line;
  }

  #opener(row: number, line: HTMLTableRowElement): HTMLButtonElement {
    const button = create('button', `${this.#rows.task[row] ?? ''}:${this.#rows.rollout[row] ?? ''}`);
    button.type = 'button';
    button.ariaExpanded = 'false';
    button.addEventListener('click', () => {
      const isOpen = button.ariaExpanded === 'true';
      button.ariaExpanded = String(!isOpen);
      if (isOpen) line.nextElementSibling?.remove();
      else line.after(this.#details(row));
    });
    return button;
  }

  #details(row: number): HTMLTableRowElement {
    const cell = create('td');
    cell.colSpan = this.#columns.length;
    const hasFailed = (this.#rows.outcome[row] ?? 0) > 0;
    const file = hasFailed ? this.#notes.failures : this.#notes.output;
    const place = create('p', `Line ${this.#rows.line[row] ?? ''} of `, ...foreign(file));
    const passages = this.#texts.of(row);
    if (passages === undefined) place.append('. There was no room for its texts in this page.');
    cell.append(create('div', place, ...(passages ?? []).map(passageElement)));
    const line = create('tr', cell);
    line.className = 'open';
    return line;
  }
}

function passageElement([label, start, leftOut, end]: Passage): HTMLElement {
  const text = create('pre', ...foreign(start));
  text.dir = 'auto';
  text.tabIndex = 0;
  if (leftOut !== undefined && end !== undefined) {
    const gap = create('span', ` … ${formatCount(leftOut)} characters are left out here … `);
    gap.className = 'gap';
    text.append(gap, ...foreign(end));
  }
  return create('section', create('h3', ...foreign(label)), text);
}

function columnsOf(rows: PageRows): readonly Column[] {
  const number = (
    key: SortKey & keyof PageRows,
    title: string,
    format: (value: number) => string,
  ): Column => ({
    key,
    title,
    isNumber: true,
    cell: (row) => {
      const value = rows[key][row];
      return typeof value === 'number' ? [format(value)] : [];
    },
  });
  const named = (
    key: 'outcome' | 'verdict' | 'agent',
    title: string,
    names: readonly string[],
    empty: string,
  ): Column => ({
    key,
    title,
    isNumber: false,
    cell: (row) => foreign(names[rows[key][row] ?? 0] || empty),
  });
  return [
    number('task', 'Task', String),
    named('outcome', 'Outcome', rows.outcomes, 'done'),
    number('reward', 'Reward', (value) => String(Number(value.toFixed(4)))),
    named('verdict', 'Verdict', rows.verdicts, ''),
    ...(rows.change.length > 0 ? [number('change', 'Change', changeText)] : []),
    number('tokens', 'Tokens out', formatCount),
    number('ms', 'Time', formatDuration),
    number('usd', 'Cost', formatUsd),
    number('length', 'Answer', (value) => `${formatCount(value)} ch.`),
    ...(rows.agents.length > 1 ? [named('agent', 'Agent', rows.agents, '')] : []),
  ];
}

function changeText(value: number): string {
  const text = Math.abs(value).toFixed(3);
  if (value === 0) return '0';
  return value > 0 ? `+${text}` : `−${text}`;
}
