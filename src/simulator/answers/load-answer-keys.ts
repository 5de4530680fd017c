import {RollcallError} from '../../core/errors.ts';
import type {SimulatorSettings} from '../settings/simulator-settings.ts';
import {type AnswerKey, readAnswerKey} from './answer-key.ts';

/** Every answer key that the settings name, by its path; each file is read once. */
export async function loadAnswerKeys(
  {deployments, undefinedDeployment}: SimulatorSettings,
  readTextFile: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, AnswerKey>> {
  const all = [...deployments.values(), ...(undefinedDeployment === undefined ? [] : [undefinedDeployment])];
  const paths = new Set(
    all.flatMap(({answers}) =>
      answers.flatMap((answer) => (answer.kind === 'answer_key' ? [answer.path] : [])),
    ),
  );
  const keys = new Map<string, AnswerKey>();
  for (const path of paths) keys.set(path, await loadAnswerKey(path, readTextFile));
  return keys;
}

async function loadAnswerKey(
  path: string,
  readTextFile: (path: string) => Promise<string>,
): Promise<AnswerKey> {
  const key = readAnswerKey(await readOrRefuse(path, readTextFile), path);
  if (key.entries.length > 0) return key;
  throw unusable(path, 'no row has both a question and an expected_answer');
}

async function readOrRefuse(path: string, readTextFile: (path: string) => Promise<string>): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : 'cannot be read', error);
  }
}

function unusable(path: string, reason: string, cause?: unknown): RollcallError {
  return new RollcallError(`cannot use the answer key ${path}: ${reason}`, {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'An answer key is a JSONL file of rows with expected_answer and the question; its path is relative to the settings file.',
    problems: [{message: reason, file: path}],
    cause,
  });
}
