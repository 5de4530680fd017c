import {renderListing} from './render-listing.ts';

/** What is told of a document. */
interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

/** What became of each document, one line each; where that is wider than `columns`, what it resolves to stands below. */
export function renderResources(resources: readonly Resource[], columns: number): readonly string[] {
  const rows = resources.map(({kind, name, status, detail}) => [kind, name, status, detail]);
  return renderListing(['KIND', 'NAME', 'STATUS', ''], rows, columns);
}
