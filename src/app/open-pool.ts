import {promptOpening} from '../azure/prompt-opening.ts';
import type {ModelConfig} from '../config/model-config.ts';
import type {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {Logger} from '../core/ports.ts';
import type {Spending} from '../core/spending.ts';
import {dispatchModel, type MemberClient} from '../dispatch/dispatch-model.ts';
import {dispatchWire, type MemberWire} from '../dispatch/dispatch-wire.ts';
import {type Dispatcher, dispatchThrough} from '../dispatch/dispatcher.ts';
import {Hedger} from '../dispatch/hedger.ts';
import {type MemberAside, Pool} from '../dispatch/pool.ts';
import {PoolGate} from '../dispatch/pool-gate.ts';
import type {PoolMember} from '../dispatch/pool-member.ts';
import type {RetryOptions} from '../dispatch/retry-policy.ts';
import type {AppEnvironment} from './environment.ts';
import {
  type AdmittedModel,
  type DeploymentLoad,
  type Hold,
  holdOf,
  type OpenContext,
  type OpenDeployment,
  type OpenExchanges,
  openExchanges,
  widthOf,
} from './open-deployment.ts';
import {doorPatienceOf, patienceOf} from './patience.ts';

/** One of several deployments of a model. */
export interface AdmittedEntry extends AdmittedModel {
  /** What it is called within the model. */
  readonly name: string;
  readonly weight: number;
  readonly priority: number;
}

/** Puts several deployments, or one whose calls are hedged, together as one model; nothing is sent. Fails as `openDeployment` does. */
export function openPool(
  settings: ModelConfig,
  entries: readonly AdmittedEntry[],
  context: OpenContext,
): OpenDeployment {
  const {environment} = context;
  const exchanges = entries.map((entry) => openExchanges(entry, context));
  const pool = new Pool({
    name: settings.name,
    deployments: entries,
    clock: environment.clock,
    ...(entries.length > 1 ? tellOf(settings.name, environment.logger) : {}),
  });
  const [first] = exchanges;
  if (first === undefined) throw new Error(`${settings.name}: a model of several deployments has none`);
  // They answer alike, so that they charge alike.
  const {chargeOf} = first.azure;
  const tokensOf = (params: JsonObject): number => chargeOf(params, 'responses');
  const affinityOf = settings.affinity === 'prefix' ? promptOpening : undefined;
  const patient = dispatcherOf(pool, settings, patienceOf(settings), environment);
  const brief = dispatcherOf(pool, settings, doorPatienceOf(settings), environment);
  const names = entries.map(({name}) => name);
  const spentBy = (member: number, response: JsonObject): Spending | undefined =>
    memberAt(exchanges, member).spentBy(response);
  const respond: MemberClient = async (params, options) => {
    const {response, trace} = await memberAt(exchanges, options.member).respond(params, options);
    return {response, trace: {...trace, deployment: memberAt(entries, options.member).name}};
  };
  const answer: MemberWire = async (request, options) => {
    const given = await memberAt(exchanges, options.member).wire.model(request, options);
    return {...given, trace: {...given.trace, deployment: memberAt(entries, options.member).name}};
  };
  return {
    name: settings.name,
    deployment: deploymentOf(settings, entries),
    limit: entries.reduce((sum, {limit}) => sum + limit, 0),
    close: async () => {
      await Promise.all(exchanges.map(({close}) => close()));
    },
    width: () => pool.roster.usable().reduce((sum, {index}) => sum + widthOf(memberAt(entries, index)), 0),
    hungCalls: () => pool.roster.hungCalls(),
    asPolicy: dispatchModel(respond, patient, {priority: 'new', tokensOf, affinityOf, names, spentBy}),
    asJudge: dispatchModel(respond, patient, {priority: 'begun', tokensOf, affinityOf, names, spentBy}),
    wire: dispatchWire(answer, brief, {
      priority: 'new',
      tokensOf: ({body, api}) => chargeOf(body, api),
      affinityOf: affinityOf && (({body}) => affinityOf(body)),
    }),
    address: addressOf(names, exchanges),
    hasRoom: () => pool.roster.usable().some(({admission}) => admission.hasRoom),
    accounts: accountsOf(settings, entries),
    hold: () => (pool.waiting === 0 ? undefined : firstHold(settings.name, pool.roster.usable())),
    load: () => ({inFlight: sumOfInFlight(pool.roster.members), waiting: pool.waiting}),
    members: new Map(
      (entries.length > 1 ? pool.roster.members : []).map((member) => [
        member.name,
        () => loadOf(member, environment),
      ]),
    ),
  };
}

function dispatcherOf(
  pool: Pool,
  {hedging}: ModelConfig,
  retry: RetryOptions,
  {clock, awake, random, logger}: AppEnvironment,
): Dispatcher {
  const onRetry = ({code, message}: RollcallError, delayMs: number): void => {
    const next = delayMs === 0 ? 'going on' : `trying again in ${String(Math.round(delayMs))} ms`;
    logger.debug(`${pool.name}: ${code}, ${next}: ${message}`);
  };
  const gate = new PoolGate({pool, retry, clock, random, onRetry});
  const hedger = hedging && new Hedger(pool, gate, awake, hedging);
  return dispatchThrough(gate, awake, hedger);
}

function memberAt<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Error(`there is no deployment ${String(index)}`);
  return found;
}

function accountsOf(
  {name: model}: ModelConfig,
  entries: readonly AdmittedEntry[],
): OpenDeployment['accounts'] {
  const isAlone = entries.length === 1;
  return new Map(entries.map(({name, account}) => [isAlone ? model : `${model}/${name}`, account]));
}

function addressOf(names: readonly string[], exchanges: readonly OpenExchanges[]): string {
  const places = exchanges.map(({address}) => address);
  if (places.length === 1) return places.join();
  return places.map((address, index) => `${memberAt(names, index)} at ${address}`).join(', ');
}

/** The deployment's name where all have the same, else the model's. */
function deploymentOf({name}: ModelConfig, entries: readonly AdmittedEntry[]): string {
  const names = new Set(entries.map(({deployment}) => deployment));
  const [only = name] = names;
  return names.size === 1 ? only : name;
}

function sumOfInFlight(members: readonly PoolMember[]): number {
  return members.reduce((sum, {admission}) => sum + admission.inFlight, 0);
}

/** Undefined where one of those that may be asked holds nobody up. */
function firstHold(model: string, usable: readonly PoolMember[]): Hold | undefined {
  const holds = usable.map(({name, admission}) => holdOf(`${model}/${name}`, admission));
  const known = holds.filter((hold) => hold !== undefined);
  if (known.length < holds.length) return undefined;
  return known.toSorted((a, b) => a.leftMs - b.leftMs)[0];
}

function loadOf(member: PoolMember, {clock}: AppEnvironment): DeploymentLoad {
  const {inFlight, waiting} = member.admission;
  return {inFlight, waiting, standing: member.standing(clock.monotonic())};
}

function tellOf(
  model: string,
  logger: Logger,
): {readonly onAside: (event: MemberAside) => void; readonly onBack: (name: string) => void} {
  return {
    onAside({name, error, waitMs, isLost}) {
      const {code, message, hint} = error;
      const why = `${code}: ${message}${hint === undefined || !isLost ? '' : `. ${hint}`}`;
      const wait = `${String(Math.ceil(waitMs / 1000))} s`;
      if (!isLost) logger.warn(`${model}: ${name} is set aside for ${wait}, the others go on: ${why}`);
      else if (error.throttled)
        logger.warn(`${model}: the quota of ${name} is exhausted for ${wait}, the others go on: ${why}`);
      else logger.warn(`${model}: ${name} is left out as long as the others answer: ${why}`);
    },
    onBack: (name) => logger.info(`${model}: ${name} answers again`),
  };
}
