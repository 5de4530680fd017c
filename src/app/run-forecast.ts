import type {AgentTerms} from '../budget/agent-terms.ts';
import {Forecast} from '../budget/forecast.ts';
import {priceEarlier} from '../budget/price-earlier.ts';
import type {CollectObserver} from '../collect/collect-rollouts.ts';
import type {Clock} from '../core/clock.ts';
import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import {promptSizeOf, type Workload} from '../core/prompt-size.ts';
import type {Outcome, Rollout} from '../core/rollout.ts';
import type {WorkEstimate} from '../core/run-estimate.ts';
import {spendingOf} from '../core/spending.ts';
import {spendingInRecord} from '../core/spending-in-record.ts';

/** What a run will have used in the end, told while it runs. */
export interface RunForecast extends Pick<CollectObserver, 'onStart' | 'onOutcome'> {
  readonly onCalledOff: (rollout: Rollout) => void;
  /** Learns from a record of an earlier run. */
  readonly addEarlier: (record: JsonObject) => void;
  /** What this run is to do, by agent name. */
  readonly expect: (work: ReadonlyMap<string, Workload>) => void;
  /** Undefined until enough is known. */
  readonly read: () => WorkEstimate | undefined;
}

/** A forecast that knows nothing yet. `terms`: of the planned agents, by name. */
export function createRunForecast(clock: Clock, terms: ReadonlyMap<string, AgentTerms>): RunForecast {
  const forecast = new Forecast<Rollout>();
  return {
    addEarlier(record) {
      const agentName = asString(asJsonObject(record['agent_ref'])?.['name']) ?? '';
      const known = terms.get(agentName);
      const recorded = spendingInRecord(record);
      const spending = known === undefined ? recorded : priceEarlier(recorded, known);
      forecast.addEarlier(agentName, promptTokensOf(record), spending);
    },
    expect: (work) => forecast.expect(work),
    onStart(rollout) {
      const {agentName, row} = rollout;
      forecast.start(rollout, {agentName, promptTokens: promptTokensOf(row)}, clock.monotonic());
    },
    onOutcome(outcome: Outcome) {
      forecast.end(outcome.rollout, spendingOf(outcome), clock.monotonic());
    },
    onCalledOff: (rollout) => forecast.takeBack(rollout),
    read: () => forecast.read(clock.monotonic()),
  };
}

function promptTokensOf(row: JsonObject): number {
  return promptSizeOf(asJsonObject(row['responses_create_params']) ?? {}).promptTokens;
}
