import type {JsonObject} from '../../core/json.ts';
import {roundUsd} from '../../core/spending.ts';
import {formatCount, formatUsd} from '../../report/format-quantity.ts';
import {toPlainLine} from '../../report/plain-text.ts';
import type {Hold, Pace, ProgressSnapshot} from './progress-snapshot.ts';

/** The parts of a progress line, most wanted first: a narrow terminal shows the first ones. `room`: for what calls wait for. */
export function progressParts(snapshot: ProgressSnapshot, pace: Pace, room: number): readonly string[] {
  const {total, done, failed, inFlight, tokens, meanReward, costUsd} = snapshot;
  return [
    `${formatCount(done)}/${formatCount(total)}`,
    ...standstill(snapshot, pace, room),
    `${formatCount(failed)} failed`,
    `${formatCount(inFlight)} in flight`,
    `${rate(pace.perSecond)}/s`,
    `ETA ${pace.secondsLeft === undefined ? '–' : duration(pace.secondsLeft)}`,
    ...(meanReward === undefined ? [] : [`reward ${meanReward.toFixed(3)}`]),
    `${amount(tokens)}${ofProjected(snapshot.projectedTokens, amount)} tok`,
    ...(costUsd === undefined
      ? []
      : [`${formatUsd(costUsd)}${ofProjected(snapshot.projectedCostUsd, formatUsd)}`]),
  ];
}

/** One line for a terminal of `columns`: a bar, then as many parts as fit. */
export function renderBar(snapshot: ProgressSnapshot, pace: Pace, columns: number): string {
  const ended = snapshot.total === 0 ? 1 : (snapshot.done + snapshot.failed) / snapshot.total;
  const barWidth = columns >= 100 ? 24 : columns >= 60 ? 12 : 0;
  const filled = Math.min(barWidth, Math.floor(ended * barWidth));
  const bar = barWidth === 0 ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `;
  const room = Math.min(longestReason, columns - barWidth - besideReason);
  return fit(bar, progressParts(snapshot, pace, room), columns - 1);
}

/** One line for a log. */
export function renderLogLine(snapshot: ProgressSnapshot, pace: Pace): string {
  return progressParts(snapshot, pace, longestReason).join(' · ');
}

/** One line of JSON for a log that a machine reads. */
export function renderJsonLine(snapshot: ProgressSnapshot, pace: Pace): string {
  const {total, done, failed, inFlight, tokens, meanReward} = snapshot;
  return JSON.stringify({
    event: 'progress',
    total,
    done,
    failed,
    in_flight: inFlight,
    per_second: Number(pace.perSecond.toFixed(3)),
    still_s: Math.floor(pace.secondsStill),
    hold: snapshot.hold === undefined ? null : holdToJson(snapshot.hold),
    eta_s: pace.secondsLeft === undefined ? null : Math.round(pace.secondsLeft),
    tokens,
    cost_usd: usdOrNull(snapshot.costUsd),
    projected_tokens: snapshot.projectedTokens === undefined ? null : Math.round(snapshot.projectedTokens),
    projected_cost_usd: usdOrNull(snapshot.projectedCostUsd),
    mean_reward: meanReward ?? null,
  });
}

// Shorter waits are the usual pace of a quota, and answers of half a minute are nothing strange.
const longestReason = 60;
const shortestReason = 12;
// What stands beside the reason on a line that is to have one.
const besideReason = 50;
const longHoldMs = 1_000;
const longStillS = 30;

/** Why nothing moves, if nothing does. */
function standstill(
  {hold, inFlight}: ProgressSnapshot,
  {secondsStill}: Pace,
  room: number,
): readonly string[] {
  if (hold !== undefined && hold.leftMs >= longHoldMs) {
    const reason = room < shortestReason ? '' : ` for ${toPlainLine(reasonOf(hold), room)}`;
    return [`waiting ${duration(hold.leftMs / 1000)}${reason}`];
  }
  return inFlight > 0 && secondsStill >= longStillS ? [`none ended for ${duration(secondsStill)}`] : [];
}

/** `quota of NAME`, or `NAME (rate limit)` after the code of the error. */
function reasonOf({name, because}: Hold): string {
  if (because === undefined) return `quota of ${name}`;
  const words = because.replace(/^ERR_(?:MODEL_)?/, '').toLowerCase();
  return `${name} (${words.replaceAll('_', ' ')})`;
}

function holdToJson({name, leftMs, because}: Hold): JsonObject {
  return {deployment: name, seconds: Math.ceil(leftMs / 1000), because: because ?? null};
}

/** What a number will be in the end. */
function ofProjected(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '' : ` of ~${format(value)}`;
}

function usdOrNull(usd: number | undefined): number | null {
  return usd === undefined ? null : roundUsd(usd);
}

function fit(bar: string, parts: readonly string[], width: number): string {
  let line = bar;
  for (const [index, part] of parts.entries()) {
    const longer = index === 0 ? line + part : `${line} · ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line.slice(0, Math.max(0, width));
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

function amount(value: number): string {
  if (value < 10_000) return formatCount(value);
  return value < 10_000_000 ? `${(value / 1000).toFixed(0)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

/** Seconds as `9s`, `4m10s`, `2h05m`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${String(whole)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)}m${String(whole % 60).padStart(2, '0')}s`;
  return `${String(Math.floor(minutes / 60))}h${String(minutes % 60).padStart(2, '0')}m`;
}
