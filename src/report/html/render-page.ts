import {createHash} from 'node:crypto';
import {formatCount} from '../format-quantity.ts';
import {Html, html, visible} from './html.ts';
import {type PageNotes, type Passage, pageIds, type RowTexts} from './page-data.ts';
import {renderComparison} from './render-comparison.ts';
import {renderList} from './render-list.ts';
import {renderDistributions, renderOverview} from './render-overview.ts';
import type {Comparison, RunFigures} from './report-model.ts';
import type {RolloutRows} from './rollout-rows.ts';
import {scriptJson} from './script-json.ts';
import {visibleParts} from './visible-text.ts';

/** The page's own style and script, as they were built. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

export interface Report {
  readonly run: RunFigures;
  readonly comparison: Comparison | undefined;
  readonly rows: RolloutRows;
  /** The texts of a row, by its place in `rows`. */
  readonly textsOf: (row: number) => readonly Passage[];
  /** A page is at most so many bytes; texts for which there is no room are left out. */
  readonly mostBytes: number;
  /** Characters of a text that are kept. */
  readonly mostCharacters: number;
  readonly madeAt: string;
  readonly version: string;
}

/** What went into a page. */
export interface PageContent {
  bytes: number;
  rows: number;
  rowsWithTexts: number;
}

/**
 * The page, piece by piece: one file that needs nothing else. Rows are taken as long as there is room for their texts: failed ones first, then
 * those that got worse, then by reward, the lowest first. `content` is filled on the way.
 */
export function* renderPage(
  report: Report,
  assets: PageAssets,
  content: PageContent,
): Generator<string, void, undefined> {
  const {run, comparison, rows} = report;
  content.rows = rows.size;
  const emit = (text: string): string => {
    content.bytes += Buffer.byteLength(text);
    return text;
  };
  yield emit(renderHead(report, assets).text);
  yield emit(renderOverview(run).text);
  if (comparison !== undefined) yield emit(renderComparison(run, comparison).text);
  yield emit(renderDistributions(run).text);
  yield emit(renderList(comparison !== undefined).text);
  const order = rows.sorted();
  yield emit(`<script type="application/json" id="${pageIds.rows}">`);
  for (const piece of rows.toJson(order, comparison?.changes ?? new Map())) yield emit(piece);
  yield emit('</script>\n');
  const rowsWithTexts: number[] = [];
  const blockSizes: number[] = [];
  for (const block of textBlocks(report, order, () => report.mostBytes - content.bytes - roomForEnd)) {
    rowsWithTexts.push(...block.rows);
    blockSizes.push(block.rows.length);
    yield emit(
      `<script type="application/json" class="${pageIds.texts}">[${block.texts.join(',')}]</script>\n`,
    );
  }
  content.rowsWithTexts = rowsWithTexts.length;
  const notes: PageNotes = {output: run.output, failures: run.failures, rowsWithTexts, blockSizes};
  yield emit(`<script type="application/json" id="${pageIds.notes}">${scriptJson(notes)}</script>\n`);
  yield emit(renderLeftOut(report, rowsWithTexts.length).text);
  yield emit(html`<script>${inElement(assets.script, 'script')}</script>\n</body>\n</html>\n`.text);
}

// The script, and eight digits a row for what tells where its texts are.
const roomForEnd = 40_000;
const bytesPerPlace = 8;
const blockBytes = 512 * 1024;

interface TextBlock {
  readonly rows: readonly number[];
  readonly texts: readonly string[];
}

/** The texts of rows in the order in which they matter, as long as there is room. */
function* textBlocks(
  {rows, textsOf, comparison}: Report,
  order: Uint32Array,
  room: () => number,
): Generator<TextBlock> {
  // By its place in `rows`, the number of a row in the list.
  const numbers = new Uint32Array(rows.size);
  for (const [number, row] of order.entries()) numbers[row] = number;
  let [block, bytes, places]: [{rows: number[]; texts: string[]}, number, number] = [
    {rows: [], texts: []},
    0,
    0,
  ];
  for (const row of byImportance(rows, comparison)) {
    const number = numbers[row] ?? 0;
    const text = scriptJson([number, textsOf(row)] satisfies RowTexts);
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size + (places + 1) * bytesPerPlace > room()) break;
    block.rows.push(number);
    block.texts.push(text);
    bytes += size;
    places++;
    if (bytes < blockBytes) continue;
    yield block;
    [block, bytes] = [{rows: [], texts: []}, 0];
  }
  if (block.rows.length > 0) yield block;
}

function byImportance(rows: RolloutRows, comparison: Comparison | undefined): Uint32Array {
  const {task, rollout, reward} = rows.columns;
  const changes = comparison?.changes;
  const lossOf = (row: number): number => Math.min(0, changes?.get(task.at(row)) ?? 0);
  const rewardOf = (row: number): number =>
    Number.isNaN(reward.at(row)) ? Number.POSITIVE_INFINITY : reward.at(row);
  return rows.order(
    (a, b) =>
      Number(rows.hasFailed(b)) - Number(rows.hasFailed(a)) ||
      lossOf(a) - lossOf(b) ||
      compare(rewardOf(a), rewardOf(b)) ||
      task.at(a) - task.at(b) ||
      rollout.at(a) - rollout.at(b),
  );
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function renderHead({run, comparison}: Report, {style, script}: PageAssets): Html {
  const title = `Rollouts: ${run.output}${comparison === undefined ? '' : ` and ${comparison.other.output}`}`;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${visibleParts(title).map(({text}) => text)}</title>
<style>${inElement(style, 'style')}</style>
</head>
<body>
<header><h1>${visible(title)}</h1></header>
<main>
`;
}

function renderLeftOut({rows, mostBytes, mostCharacters, madeAt, version}: Report, withTexts: number): Html {
  const sample =
    withTexts === rows.size
      ? `The texts of all ${formatCount(rows.size)} rollouts are in this page.`
      : `The texts of ${formatCount(withTexts)} of ${formatCount(rows.size)} rollouts are in this page, which would exceed ${formatCount(mostBytes / 1024 ** 2)} MiB with all of them: failed ones first, then those that got worse than in a compared run, then the lowest rewards. Of the others it has the numbers only, and a search does not find their texts.`;
  return html`<section aria-labelledby="left-out">
<h2 id="left-out">What this page leaves out</h2>
<p>${sample}</p>
<p>Of a text longer than ${formatCount(mostCharacters)} characters the middle is left out, with how much. Prompts of judges, log probabilities and token ids are left out; rollouts that are missing are counted and not listed. Everything is in the files.</p>
<p class="dim">Made ${madeAt} by rollcall ${version}.</p>
</section>
</main>
`;
}

/** Our own text as the whole content of an element. */
function inElement(text: string, element: string): Html {
  if (/<\/|<!--|\r/.test(text)) throw new Error(`the page's ${element} would end early`);
  return new Html(text);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
