import {type Problem, RollcallError} from '../core/errors.ts';
import {type Gate, parseGate} from '../core/gate.ts';
import {durationForm, parseDuration} from '../core/parse-duration.ts';
import {parseShard, shardForm} from '../core/shard.ts';
import type {Flags} from './invocation.ts';

interface NumberRange {
  readonly whole: boolean;
  readonly min: number;
  readonly max?: number | undefined;
}

/** Reads flag values as what they must be and keeps every problem, so that all mistakes are told at once. */
export class FlagReader {
  readonly #flags: Flags;
  readonly #problems: Problem[] = [];

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  text(name: string): string | undefined {
    const value = this.#flags[name];
    if (typeof value !== 'string') return undefined;
    if (value === '') this.#problems.push({message: `${flagName(name)} must not be empty`});
    return value;
  }

  texts(name: string): readonly string[] {
    const value = this.#flags[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  isSet(name: string): boolean {
    return this.#flags[name] === true;
  }

  number(name: string, {whole, min, max = Number.MAX_SAFE_INTEGER}: NumberRange): number | undefined {
    const text = this.text(name);
    if (text === undefined || text === '') return undefined;
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    const fits = value >= min && value <= max && (!whole || Number.isInteger(value));
    if (fits) return value;
    const kind = whole ? 'a whole number' : 'a number';
    const range =
      max === Number.MAX_SAFE_INTEGER ? `${String(min)} or more` : `from ${String(min)} to ${String(max)}`;
    this.#problems.push({message: `${flagName(name)} takes ${kind}, ${range}; got ${JSON.stringify(text)}`});
    return undefined;
  }

  /** A count, or a share of all as it was written: `5%`. */
  countOrShare(name: string): number | string | undefined {
    const text = this.text(name)?.trim();
    if (text === undefined || text === '') return undefined;
    const match = /^(\d+)$|^(\d+(?:\.\d+)?)%$/.exec(text);
    const percent = match?.[2] === undefined ? undefined : Number(match[2]);
    if (match === null || (percent ?? 0) > 100) {
      this.#problems.push({
        message: `${flagName(name)} takes a count or a percentage such as 5%; got ${JSON.stringify(text)}`,
      });
      return undefined;
    }
    return percent === undefined ? Number(text) : text;
  }

  /** A time with its unit, as it was written: `1h30m`. */
  duration(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || text === '' || parseDuration(text) !== undefined) return text;
    this.#problems.push({
      message: `${flagName(name)} takes ${durationForm}; got ${JSON.stringify(text)}`,
    });
    return undefined;
  }

  /** A job's share, as it was written: `2/8`, `auto`. */
  shard(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || text === '' || parseShard(text) !== undefined) return text;
    this.#problems.push({message: `${flagName(name)} takes ${shardForm}; got ${JSON.stringify(text)}`});
    return undefined;
  }

  /** Gates; what is wrong with one is told with the rest. */
  gates(name: string): readonly Gate[] {
    return this.texts(name).flatMap((text) => {
      const gate = parseGate(text);
      if (typeof gate !== 'string') return [gate];
      this.#problems.push({message: `${flagName(name)}: ${gate}`});
      return [];
    });
  }

  /** Keeps a problem that lies in several flags together. */
  refuseIf(isWrong: boolean, message: string): void {
    if (isWrong) this.#problems.push({message});
  }

  /** Throws one error that names every flag with a bad value. */
  finish(): void {
    if (this.#problems.length === 0) return;
    throw new RollcallError(
      this.#problems.length === 1
        ? 'a flag has a value it cannot take'
        : 'some flags have values they cannot take',
      {
        code: 'ERR_USAGE',
        fault: 'usage',
        problems: this.#problems,
      },
    );
  }
}

function flagName(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
