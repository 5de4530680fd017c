import type {LoadedConfig} from '../config/load-config.ts';
import {RollcallError} from '../core/errors.ts';
import {type HeadDeployment, headRoutes} from '../servers/head-routes.ts';
import {openService, type Service, type ServiceKind} from '../servers/http/open-service.ts';
import type {ServiceRoute} from '../servers/http/service.ts';
import {createTelemetry, type Telemetry} from '../servers/telemetry/telemetry.ts';
import {type DeclaredServer, headInstance, type OpenInstance, renderHeadConfig} from './describe-head.ts';
import type {AppEnvironment} from './environment.ts';
import type {DeploymentLoad} from './open-deployment.ts';
import type {Deployments} from './open-deployments.ts';
import type {ServicePlan} from './plan-services.ts';

/** One server that runs. */
export interface RunningServer {
  readonly name: string;
  readonly type: ServiceKind | 'simulator';
  readonly url: string;
  /** What stands behind it, for people. */
  readonly detail: string;
}

interface WantedService {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly host: string;
  readonly port: number;
  /** Where the configuration says so: the dotted path before `.port`. */
  readonly key: string;
}

interface WatchedDeployment {
  readonly model: string;
  readonly name: string | undefined;
  readonly read: () => DeploymentLoad;
}

const bytesPerMb = 1_048_576;
const headKey = 'head_server';

/** The servers of one process: they share a telemetry, and the head knows them all. */
export class Services {
  readonly #config: LoadedConfig;
  readonly #environment: AppEnvironment;
  readonly #telemetry: Telemetry;
  readonly #opened: Service[] = [];
  readonly #instances: OpenInstance[] = [];
  readonly #list: RunningServer[] = [];
  readonly #watched: WatchedDeployment[] = [];

  constructor(config: LoadedConfig, environment: AppEnvironment, writeAccessLine: (line: string) => void) {
    this.#config = config;
    this.#environment = environment;
    this.#telemetry = createTelemetry({
      accessLog: config.accessLog,
      writeLine: writeAccessLine,
      clock: environment.clock,
    });
  }

  /** Without the head, in the order of their opening. */
  get list(): readonly RunningServer[] {
    return this.#list;
  }

  /** Opens a server and tells the head of it. Fails with `ERR_PORT_IN_USE` or `ERR_PORT_REFUSED`. */
  async open({name, kind, host, port, routes, detail, settings}: ServicePlan): Promise<void> {
    const key = settings?.path ?? kind;
    const {url, port: taken} = await this.#open({name, kind, host, port, key}, routes);
    this.#list.push({name, type: kind, url, detail});
    this.#instances.push({name, settings, host, port: taken, url, startedAt: this.#environment.clock.now()});
  }

  /** Tells the head of a server that is opened elsewhere in this process. */
  tellOf(settings: DeclaredServer | undefined, url: string): void {
    if (settings === undefined) return;
    const {hostname: host, port} = new URL(url);
    const startedAt = this.#environment.clock.now();
    this.#instances.push({name: settings.name, settings, host, port: Number(port), url, startedAt});
  }

  /** Opens the head server, which tells of every other: last, so that whoever finds it finds all. */
  async openHead(): Promise<RunningServer> {
    const {headServer, masked} = this.#config;
    const routes = headRoutes({
      instances: () => this.#instances.map(headInstance),
      deployments: () => this.#watched.map(({read, ...deployment}) => ({...deployment, ...settled(read())})),
      maskedConfig: () => renderHeadConfig(masked, this.#instances, {host: headServer.host, port}),
    });
    const {url, port} = await this.#open({name: 'head', kind: 'head', ...headServer, key: headKey}, routes);
    return {name: 'head', type: 'head', url, detail: ''};
  }

  /** Shows every deployment in the metrics and at the head. */
  watch(deployments: Deployments): void {
    for (const [model, {load, members}] of deployments.all) {
      const alone = {model, name: undefined, read: load};
      const several = [...members].map(([name, read]) => ({model, name, read}));
      this.#watched.push(...(members.size === 0 ? [alone] : several));
    }
    for (const {model, name, read} of this.#watched)
      this.#telemetry.watchDeployment(name === undefined ? model : `${model}/${name}`, read);
  }

  async drain(): Promise<void> {
    await Promise.all(this.#opened.map((service) => service.drain()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((service) => service.close()));
  }

  async #open({key, ...wanted}: WantedService, routes: readonly ServiceRoute[]): Promise<Service> {
    const {clock, logger, redactor} = this.#environment;
    const {serverToken: token, bodyLimitMb} = this.#config;
    const options = {
      ...wanted,
      token,
      bodyLimitBytes: Math.floor(bodyLimitMb * bytesPerMb),
      telemetry: this.#telemetry,
      redact: redactor.redact,
      logger,
      clock,
    };
    try {
      const service = await openService(options, routes);
      this.#opened.push(service);
      return service;
    } catch (error) {
      throw error instanceof RollcallError ? namingKey(error, key) : error;
    }
  }
}

function settled({standing = 'serving', ...load}: DeploymentLoad): Omit<HeadDeployment, 'model' | 'name'> {
  return {...load, standing};
}

/** A port that cannot be had, with the override that chooses another. */
function namingKey(error: RollcallError, key: string): RollcallError {
  const {message, code, fault, cause} = error;
  if (code !== 'ERR_PORT_IN_USE') return error;
  const running = key === headKey ? ' `rollcall status` says what runs there.' : '';
  const choose = `+${key}.port=… chooses another port, 0 any free one.`;
  return new RollcallError(message, {code, fault, hint: choose + running, cause});
}
