/** A server-sent event on the wire: `data` may have several lines, `name` must be one. */
export function renderEvent(data: string, name?: string): string {
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return name === undefined ? `data: ${lines}\n\n` : `event: ${name}\ndata: ${lines}\n\n`;
}

/** The frame that ends a chat stream. */
export const doneFrame = 'data: [DONE]\n\n';
