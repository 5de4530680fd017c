import {type Environment, type ExpansionFault, expandVariables} from './expand-variables.ts';
import {describeKind, type ManifestNode} from './manifest-node.ts';

export interface ScalarOptions {
  /** Replaces `$NAME` and its like from the environment. */
  readonly expand?: boolean | undefined;
  /** Never to be shown, not even in part. */
  readonly secret?: boolean | undefined;
  /** The longest text that is allowed, in characters. */
  readonly max?: number | undefined;
  /** An empty text is one too. */
  readonly allowEmpty?: boolean | undefined;
}

/** A text, or what is wrong with it. A secret's text is given even if something is, so that it can be kept out of messages. */
export interface SettledText {
  readonly text?: string | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  /** It is no text at all. */
  readonly wrongType?: boolean | undefined;
}

/** Makes a text of a value that has to be one: no number is taken for it, variables are replaced if asked for. */
export function settleText(node: ManifestNode, env: Environment, options: ScalarOptions): SettledText {
  if (node.kind !== 'scalar') return {message: `must be a text, not ${describeKind(node)}`, wrongType: true};
  if (typeof node.value !== 'string') return complainOfType(node.source, describeKind(node), options);
  if (options.expand !== true) return check(node.value, options);
  const {text, faults} = expandVariables(node.value, env);
  const [fault] = faults;
  // What names a variable for certain is no secret; what may be a password with a `$` in it is.
  if (fault !== undefined)
    return {...describeFault(fault, options), text: fault.certain ? undefined : node.value};
  return check(text, options);
}

/** Whether the whole text is one of a page's `<insert your …>`. */
export function isPlaceholder(text: string): boolean {
  return /^(?:Bearer\s+)?<[^<>\n]*>$/.test(text.trim());
}

function complainOfType(source: string, kind: string, {secret}: ScalarOptions): SettledText {
  const text = secret === true ? source : undefined;
  return {
    text,
    wrongType: true,
    message: `must be a text; unquoted, YAML reads it as ${kind}`,
    hint: secret === true ? 'Put it in quotes.' : `Put it in quotes: "${source}".`,
  };
}

function check(text: string, {max, secret, expand, allowEmpty}: ScalarOptions): SettledText {
  if (text.trim() === '' && allowEmpty !== true) return {text, message: 'is empty'};
  if (max !== undefined && text.length > max) return {text, message: `is longer than ${max} characters`};
  const placeholder = secret === true ? isPlaceholder(text) : expand === true && /<[^<>\n]*>/.test(text);
  if (!placeholder) return {text};
  return secret === true
    ? {
        text,
        message: 'is still the placeholder of the page, not a key',
        hint: 'Put your API key there, or `$AZURE_OPENAI_API_KEY` and set that variable.',
      }
    : {message: 'still holds a placeholder in angle brackets', hint: 'Put your own value in its place.'};
}

function describeFault({kind, name, certain}: ExpansionFault, {secret}: ScalarOptions): SettledText {
  const hint = 'Write `$$` for a `$` that stands for itself.';
  // What looks like a variable may be a part of a password.
  const shown = certain || secret !== true;
  if (kind === 'malformed') return {message: 'holds a `${` that begins no variable', hint};
  if (!shown) return {message: 'holds a `$` with the name of a variable that is not set', hint};
  return kind === 'unset'
    ? {
        message: `the environment variable ${name} is not set`,
        hint: `Set it, as in \`export ${name}=…\`. ${hint}`,
      }
    : {message: `the environment variable ${name} is empty`, hint: `Set it, as in \`export ${name}=…\`.`};
}
