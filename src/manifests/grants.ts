import {groups} from './kinds.ts';
import type {Resource} from './resources.ts';

/** What a reference means. */
export interface GrantTarget {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface Grant {
  /** Whose routes may refer. */
  readonly from: string;
  /** Where, and to what; without a name to all of the kind. */
  readonly to: Omit<GrantTarget, 'name'> & {readonly name: string | undefined};
}

/** What the ReferenceGrants allow HTTPRoutes to refer to. */
export class Grants {
  readonly #grants: readonly Grant[];

  constructor(resources: readonly Resource[]) {
    this.#grants = resources.filter(({role}) => role === 'grant').flatMap(readGrant);
  }

  /** Whether a route in a namespace may refer to an object. */
  allow(from: string, target: GrantTarget): boolean {
    if (from === target.namespace) return true;
    return this.#grants.some(
      ({from: source, to}) =>
        source === from &&
        to.namespace === target.namespace &&
        to.group === target.group &&
        to.kind === target.kind &&
        (to.name === undefined || to.name === target.name),
    );
  }
}

function readGrant({reader, namespace}: Resource): readonly Grant[] {
  const spec = reader.requiredChild('spec');
  const sources = (spec?.children('from') ?? []).flatMap((from) => {
    const source = from.requiredText('namespace', {expand: true});
    const group = from.text('group', {allowEmpty: true});
    const kind = from.requiredText('kind');
    return source === undefined || group !== groups.gatewayApi || kind !== 'HTTPRoute' ? [] : [source];
  });
  const targets = (spec?.children('to') ?? []).flatMap((to) => {
    const group = to.text('group', {allowEmpty: true}) ?? groups.core;
    const kind = to.requiredText('kind');
    const name = to.text('name', {expand: true});
    return kind === undefined ? [] : [{group, kind, name, namespace}];
  });
  return sources.flatMap((from) => targets.map((to) => ({from, to})));
}
