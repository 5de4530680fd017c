import {type PageNotes, type PageRows, pageIds} from '../html/page-data.ts';
import {byId, readJson} from './elements.ts';
import {fillFilters, readFilters} from './filters.ts';
import {RolloutList} from './rollout-list.ts';
import {PageTexts} from './texts.ts';

const rows = readJson(byId(pageIds.rows)) as PageRows;
const notes = readJson(byId(pageIds.notes)) as PageNotes;
const texts = new PageTexts(notes, document.querySelectorAll(`script.${pageIds.texts}`));
const list = new RolloutList(rows, notes, texts);
const form = byId('filters') as HTMLFormElement;

fillFilters(form, rows);
const apply = (): void => {
  const {filter, search} = readFilters(form);
  list.show(filter, search);
};
form.addEventListener('submit', (event) => {
  event.preventDefault();
  apply();
});
form.addEventListener('change', apply);
// A form is empty only after the event that says so.
form.addEventListener('reset', () => requestAnimationFrame(apply));
for (const link of document.querySelectorAll<HTMLElement>('[data-task]')) {
  link.addEventListener('click', () => {
    form.reset();
    (form.elements.namedItem('task') as HTMLInputElement).value = link.dataset['task'] ?? '';
    requestAnimationFrame(apply);
  });
}
apply();
