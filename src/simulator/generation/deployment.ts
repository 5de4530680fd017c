import type {Answer, Question} from '../answers/answer.ts';
import type {AnswerKey} from '../answers/answer-key.ts';
import {createAnswerer} from '../answers/create-answerer.ts';
import {type ModelFamily, modelFamily} from '../checks/model-family.ts';
import {createFaultPicker, type FaultPicker} from '../faults/fault-picker.ts';
import {createProvisionedLimiter, type ProvisionedLimiter} from '../limits/provisioned-limiter.ts';
import {createRateLimiter, type RateLimiter} from '../limits/rate-limiter.ts';
import type {DeploymentSettings} from '../settings/simulator-settings.ts';
import {digest} from './request-hash.ts';

/** A deployment at work: its settings made ready, and its state. */
export interface Deployment {
  readonly name: string;
  readonly seed: number;
  /** Ten digits that stand for seed and model. */
  readonly fingerprint: string;
  readonly settings: DeploymentSettings;
  readonly family: ModelFamily;
  readonly limiter: RateLimiter;
  /** In the place of the limiter, where throughput is provisioned. */
  readonly provisioned: ProvisionedLimiter | undefined;
  readonly faults: FaultPicker;
  readonly answer: (question: Question) => Answer;
}

export interface DeploymentInput {
  readonly seed: number;
  readonly settings: DeploymentSettings;
  /** Answer keys by the path that the settings name. */
  readonly keys: ReadonlyMap<string, AnswerKey>;
}

/** A deployment with full quota that has seen nothing yet. */
export function createDeployment(name: string, {seed, settings, keys}: DeploymentInput): Deployment {
  return {
    name,
    seed,
    fingerprint: digest(`${seed} ${settings.model}`).slice(0, 10),
    settings,
    family: modelFamily(settings.model),
    limiter: createRateLimiter(settings.limits),
    provisioned: settings.provisioned && createProvisionedLimiter(settings.provisioned),
    faults: createFaultPicker(settings.faults),
    answer: createAnswerer(settings.answers, keys),
  };
}
