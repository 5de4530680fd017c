import {Chalk} from 'chalk';
import type {SummaryTextOptions} from '../report/render-summary-text.ts';
import type {Io} from './io.ts';

const widest = 100;

/** How the closing summary is set on this terminal. */
export function summaryStyle(io: Io): SummaryTextOptions {
  const width = Math.min(widest, io.columns());
  return io.colour ? {color: new Chalk({level: 1}), width} : {width};
}
