/**
 * The text without what the runners of a CI obey in a job's log: `##[` and `##vso[` anywhere (Azure Pipelines), `::` where a line
 * begins (GitHub Actions). It keeps its length, and an IPv6 address stays as it is.
 */
export function disarmLogCommands(text: string): string {
  return text.replaceAll(/##(?=\[|vso\[)/gi, '# ').replaceAll(/^(\s*:):/gm, '$1 ');
}

/** The same for texts that others may put where a line begins: no two of these signs in a row at all. */
export function breakLogCommands(text: string): string {
  return text.replaceAll(/#(?=#)/g, '# ').replaceAll(/:(?=:)/g, ': ');
}
