import {readFile} from 'node:fs/promises';
import {LineCounter, parseDocument} from 'yaml';
import {closeMatch} from '../core/close-match.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import {formatTemplate, templateFields} from '../core/format-template.ts';
import {isJsonObject, type JsonObject} from '../core/json.ts';

/** NeMo Gym's prompt config: templates that turn a row's own fields into its input. */
export interface PromptConfig {
  readonly user: string;
  readonly system: string | undefined;
  /** The row fields that the templates ask for. */
  readonly fields: readonly string[];
}

/** Reads a prompt config from a YAML file. Fails with `ERR_PROMPT_CONFIG`, naming everything that is wrong with it. */
export async function loadPromptConfig(path: string): Promise<PromptConfig> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw promptConfigError(path, [{file: path, message: `cannot be read: ${reason}`}], error);
  });
  return parsePromptConfig(text, path);
}

/** Reads a prompt config from YAML text: `user` is required, `system` optional, both strings with `{field}`s. */
export function parsePromptConfig(text: string, file: string): PromptConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, {lineCounter: lines});
  const syntax = document.errors.map(({message, pos}): Problem => {
    const {line, col} = lines.linePos(pos[0]);
    return {file, line, column: col, message: message.split('\n')[0] ?? message};
  });
  if (syntax.length > 0) throw promptConfigError(file, syntax);
  const value: unknown = document.toJS();
  const problems: Problem[] = [];
  const config = isJsonObject(value) ? value : {};
  const user = readTemplate(config, 'user', file, problems);
  const system = readTemplate(config, 'system', file, problems);
  if (user === undefined && config['user'] == null)
    problems.push({file, message: 'has no user template', path: 'user'});
  problems.push(...unknownKeys(config, file));
  if (user === undefined || problems.length > 0) throw promptConfigError(file, problems);
  const fields = new Set([...templateFields(system ?? ''), ...templateFields(user)]);
  return {user, system, fields: [...fields]};
}

/** The input items that a row's field values make of the templates. */
export function renderPrompt(
  {user, system}: PromptConfig,
  values: Readonly<Record<string, string>>,
): readonly JsonObject[] {
  const items: JsonObject[] = [{role: 'user', content: formatTemplate(user, values)}];
  if (system !== undefined) items.unshift({role: 'system', content: formatTemplate(system, values)});
  return items;
}

function readTemplate(
  config: JsonObject,
  key: string,
  file: string,
  problems: Problem[],
): string | undefined {
  const value = config[key];
  if (value == null) return undefined;
  if (typeof value !== 'string') {
    problems.push({file, path: key, message: 'must be a text'});
    return undefined;
  }
  try {
    templateFields(value);
    return value;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    problems.push({file, path: key, message: error.message, hint: error.hint});
    return undefined;
  }
}

function unknownKeys(config: JsonObject, file: string): Problem[] {
  const unknown = Object.keys(config).filter((key) => key !== 'user' && key !== 'system');
  return unknown.map((key) => {
    const meant = closeMatch(key, ['user', 'system']);
    const hint = meant === undefined ? 'A prompt config has user and system.' : `Did you mean ${meant}?`;
    return {file, path: key, message: `${key} is not a key of a prompt config`, hint};
  });
}

function promptConfigError(path: string, problems: readonly Problem[], cause?: unknown): RollcallError {
  return new RollcallError(`the prompt config ${path} cannot be used`, {
    code: 'ERR_PROMPT_CONFIG',
    fault: 'config',
    hint: 'It is a YAML file with user: (required) and system:, texts in which {field} stands for a field of the row.',
    problems,
    cause,
  });
}
