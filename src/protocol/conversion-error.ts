import {CallError, type Problem} from '../core/errors.ts';
import type {JsonValue} from '../core/json.ts';

/** What the other wire cannot express, part by part: the path in the request and the kind of thing, never its content. */
export class ConversionProblems {
  readonly #found: Problem[] = [];

  add(path: string, message: string): void {
    this.#found.push({path, message});
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Throws `ERR_CONVERSION`, naming every part, if there was any. `target` is the wire's name. */
  throwIfAny(target: string): void {
    if (this.isEmpty) return;
    const parts = this.#found.slice(0, shownParts).map(({path, message}) => `${path ?? ''} (${message})`);
    const hidden = this.#found.length - parts.length;
    if (hidden > 0) parts.push(`and ${hidden} more`);
    throw new CallError(`This request cannot be sent as ${target}: ${parts.join(', ')}.`, {
      code: 'ERR_CONVERSION',
      fault: 'dataset',
      effect: 'rollout',
      hint: 'Take these parts out of the request, or use a deployment that is called through the API they were written for.',
      problems: this.#found,
    });
  }
}

// A message stays readable; `problems` has them all.
const shownParts = 10;

const plainName = /^[\w.:-]{1,60}$/;

/** A `type` or `role` as it may stand in a message: a plain name, or else a description, since it came from outside. */
export function nameOfKind(value: JsonValue | undefined): string {
  return typeof value === 'string' && plainName.test(value) ? value : 'of no known type';
}
