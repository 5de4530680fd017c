import type {ResourceStatus} from '../manifests/gateway-config.ts';
import {renderListing} from './render-listing.ts';

/** What became of each document, one line each; where that is wider than `columns`, what it resolves to stands below. */
export function renderResources(resources: readonly ResourceStatus[], columns: number): readonly string[] {
  const rows = resources.map(({kind, name, status, detail}) => [kind, name, status, detail]);
  return renderListing(['KIND', 'NAME', 'STATUS', ''], rows, columns);
}
