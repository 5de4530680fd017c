import {describe, expect, it} from 'vitest';
import type {DeploymentUse} from '../../src/core/deployment-use.ts';
import {deploymentUseToJson, limitHistoryToJson} from '../../src/core/deployment-use-json.ts';
import {quotaTexts} from '../../src/report/quota-facts.ts';
import {renderSummaryText} from '../../src/report/render-summary-text.ts';
import {summaryOf} from './summary-example.ts';

const idle: DeploymentUse = {
  name: 'policy_model',
  ...{limitRequests: undefined, limitTokens: undefined, places: 10, answered: 5, refused: 0},
  ...{
    saturatedMinutes: 0,
    useAtSaturation: undefined,
    meanUtilization: undefined,
    reservedPerUsed: undefined,
  },
  ...{changes: [], changesLeftOut: 0},
};
const busy: DeploymentUse = {
  ...idle,
  ...{limitRequests: 600, limitTokens: 100_000, saturatedMinutes: 12, useAtSaturation: 0.9876, refused: 3},
};

describe('what is said of quotas', () => {
  it.each([
    ['nothing of those that nobody waited for', idle, []],
    [
      'how much was used, and how many calls were refused',
      busy,
      ['98.8 % of 100,000 tokens a minute used, over 12 minutes in which calls waited, 3 calls refused'],
    ],
    [
      'requests where no tokens are told',
      {...busy, limitTokens: undefined, refused: 0, useAtSaturation: 1.02},
      ['100 % of 600 requests a minute used, over 12 minutes in which calls waited'],
    ],
    [
      'that maxima waste it',
      {...busy, refused: 0, saturatedMinutes: 1, reservedPerUsed: 4.06},
      [
        '98.8 % of 100,000 tokens a minute used, over 1 minute in which calls waited; 4.1 tokens reserved for each one used: a lower max_output_tokens gets more out of it',
      ],
    ],
    ['refusals alone', {...idle, refused: 1}, ['1 call refused']],
    [
      'utilisation where throughput is provisioned',
      {...idle, meanUtilization: 0.934},
      ['provisioned throughput 93.4 % in use on average'],
    ],
  ])('is %s', (_, use, texts) => {
    expect(quotaTexts([use])).toEqual(texts);
  });

  it('names deployments where there are several, and stands in the summary', () => {
    const deployments = [busy, {...busy, name: 'judge\u001B[31m'}];
    const text = renderSummaryText(summaryOf({deployments}), [], {width: 200});
    expect(text).toMatch(/quota +policy_model: 98\.8 %/);
    expect(text).not.toContain('\u001B');
  });
});

describe('the JSON of what was made of limits', () => {
  it('has null for what there is not', () => {
    expect(deploymentUseToJson(idle)).toEqual({
      ...{
        name: 'policy_model',
        limit_requests: null,
        limit_tokens: null,
        places: 10,
        answered: 5,
        refused: 0,
      },
      ...{saturated_minutes: 0, use_at_saturation: null, mean_utilization: null, reserved_per_used: null},
    });
  });

  it('has the history for the manifest', () => {
    const changes = [
      {atMs: 0, limitRequests: undefined, limitTokens: undefined, places: 10},
      {atMs: 1_234, limitRequests: 60, limitTokens: 10_000, places: 10},
      {atMs: 5_000, coolDownMs: 75_000, because: 'ERR_MODEL_RATE_LIMIT', refusals: 2},
    ];
    expect(limitHistoryToJson({...busy, changes, changesLeftOut: 3})).toMatchObject({
      use_at_saturation: 0.988,
      changes: [
        {after_s: 0, limit_requests: null, limit_tokens: null, places: 10},
        {after_s: 1.234, limit_requests: 60, limit_tokens: 10_000, places: 10},
        {after_s: 5, cool_down_s: 75, because: 'ERR_MODEL_RATE_LIMIT', refusals: 2},
      ],
      changes_left_out: 3,
    });
  });
});
