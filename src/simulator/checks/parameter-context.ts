import type {ModelFamily} from './model-family.ts';

/** What decides which parameters a request may have. */
export interface ParameterContext {
  readonly apiVersion: string;
  readonly model: string;
  readonly family: ModelFamily;
}
