import {resolve} from 'node:path';
import {z} from 'zod';
import {RollcallError} from '../../core/errors.ts';
import type {JsonObject} from '../../core/json.ts';
import {datedApiVersions} from '../checks/api-version.ts';
import {provisionedUnit} from '../limits/provisioned-unit.ts';
import {answerSchema} from './answer-schema.ts';
import {contentFilterSchema, openContentFilter} from './content-filter-schema.ts';
import {type DeploymentEntry, deploymentSchema, latencySchema} from './deployment-schema.ts';
import {faultSchema} from './fault-schema.ts';
import {problemsFromIssues} from './problems-from-issues.ts';
import type {AnswerSettings, DeploymentSettings, SimulatorSettings} from './simulator-settings.ts';

export interface SettingsOrigin {
  readonly file?: string | undefined;
  /** Folder that relative paths in the settings start from. */
  readonly sourceDir: string;
}

// YAML reads a key of digits as a number: take both.
const secret = z.union([z.string().min(1), z.number()]).transform(String);

const schema = z.strictObject({
  seed: z.int().default(0),
  keys: z.array(secret).default([]),
  bearer_tokens: z.array(secret).default([]),
  allow_any_key: z.boolean().optional(),
  api_versions: z
    .array(z.string().regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'not like 2024-10-21 or 2025-03-01-preview'))
    .optional(),
  region: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'not printable ASCII')
    .default('East US'),
  clock: z.enum(['real', 'virtual']).default('real'),
  created: z.union([z.literal('clock'), z.int().min(0)]).optional(),
  ledger_entries: z.int().min(1).max(1_000_000).default(1_000),
  control_token: secret.optional(),
  deployments: z.record(z.string().min(1), deploymentSchema).default({}),
  allow_undefined_deployments: z.boolean().default(false),
  default_deployment: deploymentSchema.optional(),
  latency: latencySchema.optional(),
  content_filter: contentFilterSchema.optional(),
  answers: z.array(answerSchema).default([]),
  faults: z.array(faultSchema).default([]),
});

type SettingsDocument = z.output<typeof schema>;

/**
 * The settings of a simulator from their document (snake_case). Touches no file.
 * Every problem at once, in a `RollcallError` with code `ERR_CONFIG`.
 */
export function parseSimulatorSettings(settings: JsonObject, origin: SettingsOrigin): SimulatorSettings {
  const parsed = schema.safeParse(settings);
  const problems = parsed.success
    ? [...missingDeployments(parsed.data, origin), ...wrongSpillovers(parsed.data, origin)]
    : problemsFromIssues(parsed.error.issues, origin.file);
  if (!parsed.success || problems.length > 0) {
    throw new RollcallError('the simulator settings are not usable', {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems,
    });
  }
  return toSettings(parsed.data, origin);
}

function missingDeployments(document: SettingsDocument, {file}: SettingsOrigin): RollcallError['problems'] {
  if (Object.keys(document.deployments).length > 0 || document.allow_undefined_deployments) return [];
  return [
    {
      message: 'no deployment to simulate',
      file,
      path: 'deployments',
      hint: 'Name one (deployments: {gpt-4o: {}}), or set allow_undefined_deployments: true.',
    },
  ];
}

/** What spills over goes to a deployment of the same resource that is not provisioned itself. */
function wrongSpillovers(document: SettingsDocument, {file}: SettingsOrigin): RollcallError['problems'] {
  return Object.entries(document.deployments).flatMap(([name, {spillover}]) => {
    if (spillover === undefined) return [];
    const target = document.deployments[spillover];
    if (target !== undefined && target.provisioned === undefined) return [];
    const what = target === undefined ? 'is not among the deployments' : 'is provisioned itself';
    return [
      {
        message: `'${spillover}' ${what}`,
        file,
        path: `deployments.${name}.spillover`,
        hint: 'Name a standard deployment of this simulator.',
      },
    ];
  });
}

function toSettings(document: SettingsDocument, {sourceDir}: SettingsOrigin): SimulatorSettings {
  const complete = (entry: DeploymentEntry): DeploymentSettings =>
    completeDeployment(entry, document, sourceDir);
  const {allow_undefined_deployments: allowUndefined, default_deployment: fallback} = document;
  return {
    seed: document.seed,
    keys: document.keys,
    bearerTokens: document.bearer_tokens,
    allowAnyKey:
      document.allow_any_key ?? (document.keys.length === 0 && document.bearer_tokens.length === 0),
    apiVersions: document.api_versions ?? datedApiVersions,
    region: document.region,
    clock: document.clock,
    created: document.created ?? createdFromSeed(document.seed),
    ledgerEntries: document.ledger_entries,
    controlToken: document.control_token,
    deployments: new Map(
      Object.entries(document.deployments).map(([name, entry]) => [name, complete(entry)] as const),
    ),
    undefinedDeployment: allowUndefined ? complete(fallback ?? deploymentSchema.parse({})) : undefined,
  };
}

function completeDeployment(
  entry: DeploymentEntry,
  document: SettingsDocument,
  sourceDir: string,
): DeploymentSettings {
  const inPlace = (answer: AnswerSettings): AnswerSettings =>
    answer.kind === 'answer_key' ? {...answer, path: resolve(sourceDir, answer.path)} : answer;
  return {
    model: entry.model,
    limits: entry.limits,
    provisioned: provisionedOf(entry),
    spillover: entry.spillover,
    latency: entry.latency ?? document.latency ?? {firstTokenMedianMs: 0, firstTokenSigma: 0, perTokenMs: 0},
    contentFilter: entry.contentFilter ?? document.content_filter ?? openContentFilter,
    answers: [...entry.answers, ...document.answers].map(inPlace),
    faults: [...entry.faults, ...document.faults],
  };
}

function provisionedOf({model, provisioned}: DeploymentEntry): DeploymentSettings['provisioned'] {
  if (provisioned === undefined) return undefined;
  const {units, inputTpmPerUnit, outputWeight, windowS} = provisioned;
  const worth = provisionedUnit(model);
  return {
    tokensPerMinute: units * (inputTpmPerUnit ?? worth.inputTpm),
    outputWeight: outputWeight ?? worth.outputWeight,
    windowS,
  };
}

/** A moment in 2025, so that replies do not depend on when they were asked for. */
function createdFromSeed(seed: number): number {
  const startOf2025 = 1_735_689_600;
  return startOf2025 + (Math.abs(seed) % 31_536_000);
}
