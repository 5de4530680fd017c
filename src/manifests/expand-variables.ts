/** Values of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a reference could not be replaced for. */
export interface ExpansionFault {
  readonly kind: 'unset' | 'empty' | 'malformed';
  readonly name: string;
  /** Certainly meant as a variable: in braces, or in capitals. `pa$word` may just be a password. */
  readonly certain: boolean;
}

export interface Expansion {
  readonly text: string;
  readonly faults: readonly ExpansionFault[];
}

// `$` before anything but a name or a brace stands for itself.
const reference = /\$(?:\$|\{[^}\n]*\}?|[A-Za-z_]\w*)/g;
const form = /^\$(?:(?<bare>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)(?::-(?<fallback>.*))?\})$/s;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `$$` as agentgateway does, but in one value: what comes in is never
 * read again, as a reference or as YAML.
 */
export function expandVariables(text: string, env: Environment): Expansion {
  const faults: ExpansionFault[] = [];
  const expanded = text.replace(reference, (whole) => {
    if (whole === '$$') return '$';
    const {value, fault} = resolve(whole, env);
    if (fault !== undefined) faults.push(fault);
    return value;
  });
  return {text: expanded, faults};
}

function resolve(whole: string, env: Environment): {readonly value: string; readonly fault?: ExpansionFault} {
  const {bare, braced, fallback} = form.exec(whole)?.groups ?? {};
  const name = bare ?? braced;
  if (name === undefined) return {value: whole, fault: {kind: 'malformed', name: '', certain: false}};
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== '') return {value};
  if (fallback !== undefined) return {value: fallback};
  const certain = bare === undefined || /^[A-Z_][A-Z0-9_]{2,}$/.test(bare);
  return {value: '', fault: {kind: value === undefined ? 'unset' : 'empty', name, certain}};
}
