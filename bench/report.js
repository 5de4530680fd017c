import {execFile} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import {cpus, loadavg, totalmem} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {describeVersions, everyone, whyMissing} from './collectors.js';

const page = join(import.meta.dirname, '../docs/benchmarks.md');
const [begin, end] = ['<!-- results: begin -->', '<!-- results: end -->'];

/** When, where and with what a run is made. */
export async function describeRun({quick, only}) {
  const {stdout} = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
  }).catch(() => ({stdout: 'no commit'}));
  const versions = everyone.map(async (collector) => {
    const why = whyMissing(collector);
    return `${collector.name}: ${why === undefined ? await describeVersions(collector) : `skipped, ${why}`}`;
  });
  return [
    `${new Date().toISOString().slice(0, 10)}, ${quick ? 'quick run (few rows, few rounds: a glance, not a measurement)' : 'full run'}${only === undefined ? '' : `, only ${only.join(', ')}`}`,
    `commit ${stdout.trim()}; ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB; load before the run ${loadavg()[0].toFixed(1)}`,
    ...(await Promise.all(versions)),
  ];
}

/** A scenario's tables for a terminal. */
export function renderText({title, notes = [], tables}) {
  const parts = tables.map(({caption, columns, lines}) => `${caption}\n${align([columns, ...lines])}`);
  return `\n${[title, ...notes, ...parts].join('\n')}\n`;
}

/** What was run, and each goal with what was measured. */
export function renderSummary({run, results}) {
  return `\n${[...run, align([goalColumns, ...goalsOf(results)])].join('\n')}\n`;
}

/** The whole run as Markdown: goals first, then each scenario. */
export function renderMarkdown({run, results}) {
  const goals = toMarkdown(goalColumns, goalsOf(results));
  const sections = results.map(({title, notes = [], tables}) =>
    [
      `### ${title}`,
      ...notes,
      ...tables.map(({caption, columns, lines}) => `${caption}:\n\n${toMarkdown(columns, lines)}`),
    ].join('\n\n'),
  );
  return `\n${[run.map((line) => `- ${line}`).join('\n'), goals, ...sections].join('\n\n')}\n`;
}

/** Puts a run's results into the page, in place of the last. */
export async function writeResults(markdown) {
  const text = await readFile(page, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${page} has no place for results (${begin} … ${end})`);
  await writeFile(page, `${text.slice(0, before + begin.length)}\n${markdown}\n${text.slice(after)}`);
}

const goalColumns = ['rollcall', 'measured', 'aim', 'met'];

function goalsOf(results) {
  return results.flatMap(({goals}) => goals).map(toCells);
}

function toCells({what, value, atLeast, atMost}) {
  const aim = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  if (!Number.isFinite(value)) return [what, 'not measured', aim, '–'];
  const met = atLeast === undefined ? value <= atMost : value >= atLeast;
  return [what, value.toFixed(value < 0.1 ? 3 : 2), aim, met ? 'yes' : 'no'];
}

function toMarkdown(columns, lines) {
  const row = (cells) => `| ${columns.map((_, index) => cells[index] ?? '').join(' | ')} |`;
  return [
    row(columns),
    row(columns.map((_, index) => (index === 0 ? '---' : '--:'))),
    ...lines.map(row),
  ].join('\n');
}

function align(lines) {
  const cells = lines.map((line) => lines[0].map((_, at) => String(line[at] ?? '')));
  const widths = lines[0].map((_, at) => Math.max(...cells.map((line) => line[at].length)));
  const pad = (cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]));
  return cells.map((line) => `  ${line.map(pad).join('  ').trimEnd()}`).join('\n');
}
