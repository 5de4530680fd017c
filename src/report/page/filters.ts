import type {PageRows} from '../html/page-data.ts';
import type {RowFilter} from '../html/select-rows.ts';
import {create, foreign} from './elements.ts';

/** Gives the choices of the form the names that the rows have; a choice of one is none. */
export function fillFilters(form: HTMLFormElement, rows: PageRows): void {
  fillChoice(form, 'outcome', rows.outcomes, 'done');
  fillChoice(form, 'verdict', rows.verdicts, 'none');
  fillChoice(form, 'agent', rows.agents, 'none');
}

/** What the form asks for. */
export function readFilters(form: HTMLFormElement): {readonly filter: RowFilter; readonly search: string} {
  const data = new FormData(form);
  const textOf = (name: string): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const numberOf = (name: string): number | undefined => {
    const text = textOf(name);
    return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  };
  const change = textOf('change');
  return {
    filter: {
      task: numberOf('task'),
      outcome: numberOf('outcome'),
      verdict: numberOf('verdict'),
      agent: numberOf('agent'),
      least: numberOf('least'),
      most: numberOf('most'),
      change: change === '' ? undefined : change,
    },
    search: textOf('search'),
  };
}

function fillChoice(form: HTMLFormElement, name: string, names: readonly string[], empty: string): void {
  const choice = form.elements.namedItem(name) as HTMLSelectElement;
  for (const [place, text] of names.entries()) {
    const option = create('option', ...(text === '' ? [empty] : foreign(text)));
    option.value = String(place);
    choice.append(option);
  }
  if (names.length < 2) choice.parentElement?.setAttribute('hidden', '');
}
