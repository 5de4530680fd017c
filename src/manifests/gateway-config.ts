import type {Problem} from '../core/errors.ts';
import type {JsonObject, JsonValue} from '../core/json.ts';

/** What a set of Kubernetes documents asks for, resolved: every reference followed, every secret filled in. */
export interface GatewayConfig {
  /** Of a Gateway's listener, if a document has one. */
  readonly port: number | undefined;
  /** One for each rule of each HTTPRoute, in the order in which they are tried (Gateway API precedence is the matcher's). */
  readonly routes: readonly GatewayRoute[];
  /** By `namespace/name`, with the kind behind it where two kinds have that name. */
  readonly backends: ReadonlyMap<string, GatewayBackend>;
  /** Every credential in the documents. */
  readonly secrets: readonly string[];
  readonly warnings: readonly Problem[];
  /** What became of each document, in order, for `validate`. */
  readonly resources: readonly ResourceStatus[];
}

export interface ResourceStatus {
  readonly kind: string;
  /** `namespace/name`. */
  readonly name: string;
  readonly status: 'accepted' | 'ignored';
  /** What it resolves to (`POST /azure-openai → gpt-4o-mini at …`), or why it is ignored. No secret. */
  readonly detail: string;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** One rule of an HTTPRoute. */
export interface GatewayRoute {
  /** `namespace/name`, with `#n` behind it when the HTTPRoute has several rules. */
  readonly name: string;
  /** Exact or `*.suffix`; none: every host. */
  readonly hostnames: readonly string[];
  /** Any of them; never empty. */
  readonly matches: readonly RouteMatch[];
  /** At least one with a weight above 0, unless the rule has none: then it answers 500. */
  readonly backends: readonly WeightedBackend[];
  /** `timeouts.request`: the whole exchange. */
  readonly requestTimeoutMs: number | undefined;
  /** `timeouts.backendRequest`: each try. */
  readonly backendRequestTimeoutMs: number | undefined;
}

/** All of it must hold. */
export interface RouteMatch {
  readonly path: {readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value: string};
  readonly method: string | undefined;
  /** Names in small letters. */
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
}

export interface ValueMatch {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
}

export interface WeightedBackend {
  /** Key of `backends`. */
  readonly backend: string;
  /** Shares of the rule's requests; 0 gets none. */
  readonly weight: number;
}

/** What a suffix of the path means. */
export type RouteKind = 'completions' | 'responses' | 'embeddings' | 'models';

export interface GatewayBackend {
  /** `namespace/name`. */
  readonly name: string;
  /** Tiers, first the best; a lower one serves what the ones above cannot. */
  readonly groups: readonly (readonly GatewayProvider[])[];
  /** `ai.routes`: path suffix or `*` → what it means; undefined: the gateway's own table. */
  readonly routes: Readonly<Record<string, RouteKind>> | undefined;
  /** Top-level members of the body: `overrides` win over the client's, `defaults` fill gaps. */
  readonly overrides: Readonly<Record<string, JsonValue>>;
  readonly defaults: Readonly<Record<string, JsonValue>>;
  /** Exact names or `*` patterns → model. */
  readonly modelAliases: Readonly<Record<string, string>>;
  /** Messages put before and behind the client's. */
  readonly prepend: readonly JsonObject[];
  readonly append: readonly JsonObject[];
}

export type ProviderAuth =
  /** `header` and `prefix` say how the key is sent: `api-key` and none, unless the document says otherwise. */
  | {readonly kind: 'key'; readonly key: string; readonly header: string; readonly prefix: string}
  /** The client's own `Authorization` is sent on. */
  | {readonly kind: 'passthrough'}
  /** Microsoft Entra ID, from the environment. */
  | {readonly kind: 'entra'};

/** One Azure deployment of a backend. */
export interface GatewayProvider {
  /** Unique in its backend. */
  readonly name: string;
  /** Base URL with its scheme, no slash at the end. A path of a gateway's or a project's own ends in `/openai`, where Azure's begins. */
  readonly endpoint: string;
  /** Undefined: the client's `model` is the deployment. */
  readonly deployment: string | undefined;
  /** A dated version; undefined: the v1 surface (`v1`), or `preview` for v1 with that query. */
  readonly apiVersion: string | undefined;
  /** How paths are built: dated `deployments`, `v1`, or `opaque` right behind the endpoint. */
  readonly style: 'deployments' | 'v1' | 'opaque';
  /** Replaces path and query of every call. */
  readonly fullPath: string | undefined;
  readonly auth: ProviderAuth;
  /** Dotted path in its document with the file and line, for messages. */
  readonly origin: {readonly file: string; readonly line: number; readonly path: string};
}
