import {quantileOfSorted} from '../../metrics/describe-numbers.ts';
import type {ValueColumn} from '../../metrics/value-column.ts';
import {formatCount} from '../format-quantity.ts';
import {type Html, html} from './html.ts';

export interface Bin {
  readonly label: string;
  readonly count: number;
}

export interface HistogramOptions {
  readonly title: string;
  readonly format: (value: number) => string;
}

// Rewards are mostly a few values, which want a bar each.
const mostValues = 12;
const alwaysApart = 3;
const binCount = 20;

/** Sorts values into bars: one a value where there are few, else of equal width up to the 99th percentile with one for what is above. */
export function binsOf(column: ValueColumn, format: (value: number) => string): readonly Bin[] {
  const sorted = column.values().sort();
  const count = column.count((value) => !Number.isNaN(value));
  // Sorting puts what is no number behind.
  const present = sorted.subarray(0, count);
  return binsByValue(present, format) ?? binsByWidth(present, format);
}

function binsByValue(sorted: Float64Array, format: (value: number) => string): readonly Bin[] | undefined {
  const counts = new Map<number, number>();
  for (const value of sorted) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > mostValues) return undefined;
  }
  // Measured values that hardly come again are no kinds of value, however few they are.
  if (counts.size > alwaysApart && counts.size * 2 > sorted.length) return undefined;
  return Array.from(counts, ([value, count]) => ({label: format(value), count}));
}

function binsByWidth(sorted: Float64Array, format: (value: number) => string): readonly Bin[] {
  const low = sorted[0] ?? 0;
  const high = quantileOfSorted(sorted, 0.99);
  const highest = sorted.at(-1) ?? high;
  const width = (high - low) / binCount;
  // More than 99 of 100 values are alike: there is nothing to tell apart below.
  if (width <= 0) return binsAround(sorted, high, format);
  const counts = new Array<number>(binCount).fill(0);
  let above = 0;
  for (const value of sorted) {
    const place = Math.min(binCount - 1, Math.floor((value - low) / width));
    if (value > high) above++;
    else counts[place] = (counts[place] ?? 0) + 1;
  }
  const bins = counts.map((count, place) => ({
    label: `${format(low + place * width)} to ${format(low + (place + 1) * width)}`,
    count,
  }));
  return above === 0 ? bins : [...bins, {label: `above, to ${format(highest)}`, count: above}];
}

function binsAround(sorted: Float64Array, usual: number, format: (value: number) => string): readonly Bin[] {
  const above = sorted.filter((value) => value > usual).length;
  const highest = sorted.at(-1) ?? usual;
  return [
    {label: format(usual), count: sorted.length - above},
    {label: `above, to ${format(highest)}`, count: above},
  ];
}

const [width, height, widestBar] = [336, 90, 48];

/** A distribution as bars with their numbers in a table below; nothing where there is no value. */
export function renderHistogram(column: ValueColumn, {title, format}: HistogramOptions): Html | undefined {
  const bins = binsOf(column, format);
  const total = bins.reduce((sum, {count}) => sum + count, 0);
  if (total === 0) return undefined;
  const rows = bins.map(
    ({label, count}) => html`<tr><th scope="row">${label}</th><td>${formatCount(count)}</td></tr>`,
  );
  // A bar a value has room for its name.
  const names = bins.length > mostValues ? [bins[0], bins.at(-1)] : bins;
  return html`<figure>
<figcaption>${title} <span class="dim">n = ${formatCount(total)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height + 1}" role="img" aria-label="${title}: bars; the numbers are in the table below"><line x1="0" x2="${width}" y1="${height + 0.5}" y2="${height + 0.5}"/>${barsOf(bins)}</svg>
<div class="${bins.length > mostValues ? 'ends' : 'names'}">${names.map((bin) => html`<span>${bin?.label}</span>`)}</div>
<details><summary>Numbers</summary><table>${rows}</table></details>
</figure>
`;
}

function barsOf(bins: readonly Bin[]): readonly Html[] {
  const most = bins.reduce((highest, {count}) => Math.max(highest, count), 0);
  const step = width / bins.length;
  const barWidth = Math.min(step * 0.85, widestBar);
  return bins.map(({label, count}, place) => {
    // What is there can be seen, however little it is.
    const tall = count === 0 ? 0 : Math.max(1, (height * count) / most);
    const x = step * (place + 0.5) - barWidth / 2;
    return html`<rect x="${x.toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${barWidth.toFixed(1)}" height="${tall.toFixed(1)}"><title>${label}: ${formatCount(count)}</title></rect>`;
  });
}
