import type {CallError} from '../core/errors.ts';
import type {Logger} from '../core/ports.ts';
import type {WireModel} from '../core/wire.ts';
import {type AsideEvent, createFailover} from '../dispatch/failover.ts';
import type {GatewayBackend, GatewayConfig} from '../manifests/gateway-config.ts';
import {gatewayRoutes, type ServedBackend} from '../servers/gateway/gateway-routes.ts';
import type {ServiceRoute} from '../servers/http/service.ts';
import type {AppEnvironment} from './environment.ts';
import {providerModelName} from './gateway-models.ts';
import type {Deployments} from './open-deployments.ts';

/** The gateway's routes, each backend over its deployments. These are open already (`gatewayModels`). */
export function openGateway(
  gateway: GatewayConfig,
  deployments: Deployments,
  environment: AppEnvironment,
): readonly ServiceRoute[] {
  const backends = new Map(
    [...gateway.backends].map(([name, backend]) => [name, serveBackend(backend, deployments, environment)]),
  );
  const {random, clock, logger} = environment;
  return gatewayRoutes({routes: gateway.routes, backends, random, clock, logger});
}

function serveBackend(
  config: GatewayBackend,
  deployments: Deployments,
  {clock, random, logger}: AppEnvironment,
): ServedBackend {
  const tiers = config.groups.map((group) =>
    group.map((provider) => {
      const {wire, hasRoom} = deployments.get(providerModelName(config, provider));
      return {name: provider.name, model: wire, hasRoom};
    }),
  );
  const providers = config.groups.flat();
  return {
    config,
    model: soleModel(tiers) ?? createFailover({tiers, clock, random, ...tellOf(config.name, logger)}).model,
    deployments: providers.flatMap(({deployment}) => deployment ?? []),
  };
}

/** With one provider there is nothing to fail over to: it is tried again itself. */
function soleModel(tiers: readonly (readonly {readonly model: WireModel}[])[]): WireModel | undefined {
  const [only, ...others] = tiers.flat();
  return others.length === 0 ? only?.model : undefined;
}

function tellOf(
  backend: string,
  logger: Logger,
): {readonly onAside: (event: AsideEvent) => void; readonly onBack: (name: string) => void} {
  return {
    onAside({name, error, waitMs, isMisconfigured}) {
      const text = `backend ${backend}: ${name} is set aside for ${seconds(waitMs)}: ${describe(error)}`;
      if (isMisconfigured) logger.error(text);
      else logger.warn(text);
    },
    onBack: (name) => logger.info(`backend ${backend}: ${name} answers again`),
  };
}

function seconds(ms: number): string {
  return `${String(Math.ceil(ms / 1000))} s`;
}

function describe({code, message, hint}: CallError): string {
  return `${code}: ${message}${hint === undefined ? '' : `. ${hint}`}`;
}
