import type {RouteKind, RouteMatch} from '../../manifests/gateway-config.ts';
import {compilePattern} from './gateway-patterns.ts';

type PathMatch = RouteMatch['path'];

/** The path without slashes at its end: they carry no meaning below a prefix. */
export function trimSlashes(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/**
 * The test of a path as it came over the wire: nothing is decoded and no dot segment is resolved, so a path means what
 * its bytes say. Throws a `SyntaxError` for a pattern that is none.
 */
export function compilePath({type, value}: PathMatch): (path: string) => boolean {
  if (type === 'Exact') return (path) => path === value;
  if (type === 'RegularExpression') {
    const pattern = compilePattern(value);
    return (path) => pattern.test(path);
  }
  const prefix = trimSlashes(value);
  // Whole segments: `/azure` is not in front of `/azure-openai`.
  return (path) => path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}

/** Whether the path is the match's own and not one below it. A match of whole paths has nothing below. */
export function isOwnPath({type, value}: PathMatch, path: string): boolean {
  return type !== 'PathPrefix' || trimSlashes(path) === trimSlashes(value);
}

const suffixes: readonly (readonly [suffix: string, kind: RouteKind])[] = [
  ['/chat/completions', 'completions'],
  ['/responses', 'responses'],
  ['/embeddings', 'embeddings'],
  ['/models', 'models'],
];

export interface PathQuestion {
  readonly method: string;
  readonly path: string;
  /** The path is the route's own (`isOwnPath`). */
  readonly own: boolean;
  /** The backend's own table, if it has one (`compileKinds`). */
  readonly table: KindTable | undefined;
}

export type KindTable = (path: string) => RouteKind | undefined;

/** A backend's table of suffixes: the longest that fits, then `*`. */
export function compileKinds(routes: Readonly<Record<string, RouteKind>>): KindTable {
  const entries = Object.entries(routes).sort(([a], [b]) => b.length - a.length);
  const rest = entries.find(([suffix]) => suffix === '*')?.[1];
  return (path) => entries.find(([suffix]) => suffix !== '*' && path.endsWith(suffix))?.[1] ?? rest;
}

/** What a request asks for; undefined when nothing is served there. */
export function kindOf({method, path, own, table}: PathQuestion): RouteKind | undefined {
  const trimmed = trimSlashes(path);
  const ofBackend = table?.(trimmed);
  if (ofBackend !== undefined) return ofBackend;
  const kind = suffixes.find(([suffix]) => trimmed.endsWith(suffix))?.[1];
  if (!own) return kind;
  // A route's bare path is chat completions, even if it is called `/models`; unless it is asked for its models.
  return kind === undefined || (kind === 'models' && method !== 'GET') ? 'completions' : kind;
}

/** The deployment that a client of Azure's dated surface writes into its path. */
export function deploymentInPath(path: string): string | undefined {
  const segment = /\/deployments\/([^/]+)\/(?:chat\/completions|embeddings)\/*$/.exec(path)?.[1];
  if (segment === undefined) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
