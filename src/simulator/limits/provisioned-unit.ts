/** What a unit of provisioned throughput is worth. */
export interface ProvisionedUnit {
  /** Input tokens a minute. */
  readonly inputTpm: number;
  /** How many of them a token of output counts for. */
  readonly outputWeight: number;
}

// As published (azure-openai.md §5.1); the first match wins.
const units: readonly (readonly [RegExp, ProvisionedUnit])[] = [
  [/^gpt-5-mini/, {inputTpm: 23_750, outputWeight: 8}],
  [/^gpt-5/, {inputTpm: 4_750, outputWeight: 8}],
  [/^gpt-4\.1/, {inputTpm: 3_000, outputWeight: 4}],
  [/^o1/, {inputTpm: 230, outputWeight: 4}],
];
const likeGpt4o: ProvisionedUnit = {inputTpm: 2_500, outputWeight: 4};

/** A unit's worth on a model, by its name with version; a model that is not listed counts as gpt-4o does. */
export function provisionedUnit(model: string): ProvisionedUnit {
  return units.find(([name]) => name.test(model.toLowerCase()))?.[1] ?? likeGpt4o;
}
