import {asJsonObject, asNumber, type JsonObject} from '../core/json.ts';

export interface TokenCounts {
  readonly input: number;
  /** Of the input, those that were read from a cache. */
  readonly cached: number;
  readonly output: number;
  /** Of the output, those spent on reasoning. */
  readonly reasoning: number;
}

/** Adds up the usage that answers report. */
export class TokenTally {
  #input = 0;
  #cached = 0;
  #output = 0;
  #reasoning = 0;

  add(response: JsonObject | undefined): void {
    const usage = asJsonObject(response?.['usage']);
    if (usage === undefined) return;
    this.#input += asNumber(usage['input_tokens']) ?? 0;
    this.#output += asNumber(usage['output_tokens']) ?? 0;
    this.#cached += asNumber(asJsonObject(usage['input_tokens_details'])?.['cached_tokens']) ?? 0;
    this.#reasoning += asNumber(asJsonObject(usage['output_tokens_details'])?.['reasoning_tokens']) ?? 0;
  }

  counts(): TokenCounts {
    return {input: this.#input, cached: this.#cached, output: this.#output, reasoning: this.#reasoning};
  }
}
