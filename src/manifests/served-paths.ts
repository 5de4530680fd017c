import {closeMatch} from '../core/close-match.ts';
import type {RouteKind} from './gateway-config.ts';
import type {ObjectReader} from './object-reader.ts';

const served: Readonly<Record<string, RouteKind>> = {
  completions: 'completions',
  responses: 'responses',
  embeddings: 'embeddings',
  models: 'models',
};
// Kinds that agentgateway has and we do not. Compared without regard to case: kgateway writes them small.
const notServed = new Set([
  ...['messages', 'passthrough', 'detect', 'anthropic_token_count', 'anthropictokencount'],
  ...['realtime', 'rerank'],
]);

/** Reads a map of path suffixes to what is served there. A kind that only others serve is left out with a warning. */
export function readServedPaths(
  holder: ObjectReader,
  member: string,
): Readonly<Record<string, RouteKind>> | undefined {
  const reader = holder.child(member);
  if (reader === undefined) return undefined;
  const paths = new Map<string, RouteKind>();
  for (const [suffix, word] of reader.entries()) {
    const kind = Object.hasOwn(served, word.toLowerCase()) ? served[word.toLowerCase()] : undefined;
    if (kind !== undefined) paths.set(suffix, kind);
    else if (notServed.has(word.toLowerCase())) reader.warn(`\`${word}\` is not served here`, {key: suffix});
    else {
      const meant = closeMatch(word, Object.keys(served));
      reader.problem(`\`${word}\` is no kind of route`, {
        key: suffix,
        hint: meant === undefined ? undefined : `Did you mean \`${meant}\`?`,
      });
    }
  }
  // Nothing of it being served here, the gateway's own table is nearer to what was meant than nothing at all.
  return paths.size === 0 ? undefined : Object.fromEntries(paths);
}
