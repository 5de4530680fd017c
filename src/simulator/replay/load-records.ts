import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {type Problem, RollcallError} from '../../core/errors.ts';
import type {ExchangeRecord} from '../record/exchange-record.ts';
import {readRecord} from './read-record.ts';

/** A record with the name of its file. */
export interface NamedRecord extends ExchangeRecord {
  readonly name: string;
}

// More would only hide the first.
const mostProblems = 50;

/**
 * Reads every record of a folder, by name, numbers in them as numbers. Fails with `ERR_RECORDS` where there is none, and
 * naming file and line of all that is wrong. What does not end in `.json` is left alone.
 */
export async function loadRecords(folder: string): Promise<readonly NamedRecord[]> {
  const names = await listRecords(folder);
  const records: NamedRecord[] = [];
  const problems: Problem[] = [];
  for (const name of names) {
    const file = join(folder, name);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw unreadable(file, error);
    });
    const read = readRecord(text, file);
    if ('record' in read) records.push({...read.record, name});
    else problems.push(...read.problems);
  }
  if (problems.length > 0) throw damaged(problems);
  return records;
}

async function listRecords(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const names = entries.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  if (names.length === 0) throw refusal(`there is no record in ${folder}`);
  const {compare} = new Intl.Collator('en', {numeric: true});
  return names.sort(compare);
}

function damaged(problems: readonly Problem[]): RollcallError {
  const rest = problems.length - mostProblems;
  const shown = problems.slice(0, mostProblems);
  if (rest > 0) shown.push({message: `and ${rest} more`});
  return new RollcallError(problems.length === 1 ? 'a record is damaged' : 'some records are damaged', {
    code: 'ERR_RECORDS',
    fault: 'config',
    problems: shown,
  });
}

function unreadable(path: string, error: unknown): RollcallError {
  const {code, message} = error as NodeJS.ErrnoException;
  return refusal(`cannot read ${path}: ${code ?? message}`, error);
}

function refusal(message: string, cause?: unknown): RollcallError {
  return new RollcallError(message, {
    code: 'ERR_RECORDS',
    fault: 'config',
    hint: 'Give --replay the folder that --record wrote.',
    cause,
  });
}
