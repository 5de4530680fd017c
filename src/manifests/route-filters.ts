import type {ObjectReader} from './object-reader.ts';

/** Refuses the filters of a rule or a reference: each would change a request or an answer. */
export function refuseFilters(reader: ObjectReader): void {
  for (const filter of reader.children('filters', {min: 0, max: 16})) {
    const type = filter.text('type') ?? 'filter';
    filter.ignore(...filter.keys);
    filter.problem(`the filter \`${type}\` is not supported`, {
      key: 'type',
      hint: 'Take it out: Azure gets its own path and headers in any case.',
    });
  }
}
