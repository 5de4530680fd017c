/** The text without what runners obey in a log that somebody prints it to: `##vso[` and `##[` anywhere in a line, `::` where one begins. */
export function breakLogCommands(text: string): string {
  return text.replaceAll(/#(?=#)/g, '# ').replaceAll(/:(?=:)/g, ': ');
}
