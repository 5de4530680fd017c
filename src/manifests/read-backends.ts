import type {GatewayBackend} from './gateway-config.ts';
import {readAgentgatewayBackend} from './read-agentgateway-backend.ts';
import {readKgatewayBackend} from './read-kgateway-backend.ts';
import type {Resource} from './resources.ts';
import type {SecretStore} from './secret-store.ts';

/** A backend document that was read. */
export interface ReadBackend {
  readonly resource: Resource;
  /** Undefined: it is there, and what is wrong with it has been told. */
  readonly backend: GatewayBackend | undefined;
  /** Its deployments, for people. */
  readonly about: string;
}

/** Every backend document, in order. Two of one name in different groups get their kind into the key. */
export function readBackends(resources: readonly Resource[], secrets: SecretStore): readonly ReadBackend[] {
  const documents = resources.filter(
    ({role}) => role === 'kgateway-backend' || role === 'agentgateway-backend',
  );
  return documents.map((resource) => {
    const isUnique = !documents.some((other) => other.id === resource.id && other.kind !== resource.kind);
    const name = isUnique ? resource.id : `${resource.id} (${resource.kind})`;
    const read = resource.role === 'kgateway-backend' ? readKgatewayBackend : readAgentgatewayBackend;
    const {backend, about} = read(resource, {name, secrets}) ?? {backend: undefined, about: ''};
    return {resource, backend, about};
  });
}
