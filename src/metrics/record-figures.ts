import {asJsonArray, asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import {type Latency, latencyOf} from './latency.ts';
import {type TokenCounts, TokenTally} from './token-tally.ts';
import {ValueColumn} from './value-column.ts';

export interface Counted {
  readonly name: string;
  readonly count: number;
}

/** What the records of an output say beside their rewards and costs, by the definitions of a run's summary. */
export interface RecordFigures {
  readonly policyTokens: TokenCounts;
  readonly judgeTokens: TokenCounts;
  /** HTTP exchanges of the attempts that were completed, the judge's included. */
  readonly calls: number;
  readonly modelLatency: Latency | undefined;
  readonly judgeLatency: Latency | undefined;
  /** Answers cut off by a limit on tokens, and by a content filter. */
  readonly truncated: number;
  readonly contentFiltered: number;
  /** Labels of verdicts, most frequent first; those without one are the metrics' unparsed ones. */
  readonly verdicts: readonly Counted[];
  /** Which deployments and models gave the answers, most frequent first. */
  readonly deployments: readonly Counted[];
  readonly models: readonly Counted[];
  readonly simulated: number;
}

/** Gathers the figures of an output, record by record; some 8 bytes a record. */
export class RecordTally {
  readonly #policyTokens = new TokenTally();
  readonly #judgeTokens = new TokenTally();
  readonly #modelTenths = new ValueColumn();
  readonly #judgeTenths = new ValueColumn();
  readonly #verdicts = new NameCounts();
  readonly #deployments = new NameCounts();
  readonly #models = new NameCounts();
  #calls = 0;
  #truncated = 0;
  #contentFiltered = 0;
  #simulated = 0;

  add(record: JsonObject): void {
    this.#addResponse(asJsonObject(record['response']));
    const evaluations = asJsonArray(record['judge_evaluations']).map(asJsonObject);
    for (const evaluation of evaluations) {
      this.#verdicts.add(asString(evaluation?.['verdict_label']));
      this.#judgeTokens.add(asJsonObject(evaluation?.['response']));
    }
    this.#addProvenance(asJsonObject(record['_rollcall']), evaluations.length > 0);
  }

  figures(): RecordFigures {
    return {
      policyTokens: this.#policyTokens.counts(),
      judgeTokens: this.#judgeTokens.counts(),
      calls: this.#calls,
      modelLatency: latencyOf(this.#modelTenths),
      judgeLatency: latencyOf(this.#judgeTenths),
      truncated: this.#truncated,
      contentFiltered: this.#contentFiltered,
      verdicts: this.#verdicts.byCount(),
      deployments: this.#deployments.byCount(),
      models: this.#models.byCount(),
      simulated: this.#simulated,
    };
  }

  #addResponse(response: JsonObject | undefined): void {
    this.#policyTokens.add(response);
    this.#models.add(asString(response?.['model']));
    const reason = asString(asJsonObject(response?.['incomplete_details'])?.['reason']);
    if (reason === 'max_output_tokens') this.#truncated++;
    if (reason === 'content_filter') this.#contentFiltered++;
  }

  #addProvenance(provenance: JsonObject | undefined, isJudged: boolean): void {
    if (provenance === undefined) return;
    this.#calls += asNumber(provenance['calls']) ?? 0;
    this.#deployments.add(asString(provenance['deployment']));
    if (provenance['simulated'] === true) this.#simulated++;
    addTenths(this.#modelTenths, asNumber(provenance['model_ms']));
    if (isJudged) addTenths(this.#judgeTenths, asNumber(provenance['judge_ms']));
  }
}

function addTenths(column: ValueColumn, ms: number | undefined): void {
  if (ms !== undefined) column.push(Math.round(ms * 10));
}

// Labels and names are few in any sane output; others' files may hold anything.
const mostNames = 50;

class NameCounts {
  readonly #counts = new Map<string, number>();
  #others = 0;

  add(name: string | undefined): void {
    if (name === undefined) return;
    const known = this.#counts.get(name);
    if (known === undefined && this.#counts.size >= mostNames) this.#others++;
    else this.#counts.set(name, (known ?? 0) + 1);
  }

  byCount(): readonly Counted[] {
    const named = Array.from(this.#counts, ([name, count]) => ({name, count}));
    named.sort((a, b) => b.count - a.count);
    return this.#others === 0 ? named : [...named, {name: 'others', count: this.#others}];
  }
}
