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
const reference = /\$(?:(\$)|\{([^}\n]*)(\}?)|([A-Za-z_]\w*))/g;
const braced = /^([A-Za-z_]\w*)(?::-(.*))?$/s;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}` and `$$` as agentgateway does, but in one value: what comes in is never
 * read again, as a reference or as YAML.
 */
export function expandVariables(text: string, env: Environment): Expansion {
  const faults: ExpansionFault[] = [];
  const expanded = text.replace(
    reference,
    (whole, dollar?: string, body?: string, close?: string, bare?: string) => {
      if (dollar !== undefined) return '$';
      const [, name, fallback] = bare === undefined ? (braced.exec(body ?? '') ?? []) : ['', bare];
      if (name === undefined || (bare === undefined && close === '')) {
        faults.push({kind: 'malformed', name: '', certain: false});
        return whole;
      }
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
      if (value === undefined || value === '') {
        const kind = value === undefined ? 'unset' : 'empty';
        faults.push({kind, name, certain: bare === undefined || /^[A-Z_][A-Z0-9_]{2,}$/.test(bare)});
      }
      return value ?? '';
    },
  );
  return {text: expanded, faults};
}
