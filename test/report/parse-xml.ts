/** An element of a document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const char = '[\\t\\n\\r\\u{20}-\\u{d7ff}\\u{e000}-\\u{fffd}\\u{10000}-\\u{10ffff}]';
const reference = /&(?:(amp|lt|gt|quot|apos);)?/g;
const known: Readonly<Record<string, string>> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"};

/** Parses what of XML 1.0 a report uses, and throws at whatever is not well-formed. */
export function parseXml(text: string): XmlElement {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(declaration)) throw new Error('no declaration');
  if (!new RegExp(`^${char}*$`, 'u').test(text)) throw new Error('a character that XML 1.0 forbids');
  const top: XmlElement = {name: '', attributes: new Map(), children: [], text: ''};
  const open = [top];
  const token = /<(\/?)([A-Za-z][\w.-]*)((?:\s+[A-Za-z][\w.-]*="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/gy;
  token.lastIndex = declaration.length;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) take(match, open);
  const [root, second] = top.children;
  if (open.length !== 1 || root === undefined || second !== undefined || top.text.trim() !== '')
    throw new Error('not one whole element');
  return root;
}

function take([piece, closing, name, attributes, empty, content]: RegExpExecArray, open: XmlElement[]): void {
  const parent = open.at(-1);
  if (parent === undefined) throw new Error('more is closed than was open');
  if (content !== undefined) parent.text += decode(content);
  else if (name === undefined) throw new Error(`a stray ${piece}`);
  else if (closing === '/') {
    if (parent.name !== name) throw new Error(`</${name}> closes ${parent.name}`);
    open.pop();
  } else {
    const element: XmlElement = {name, attributes: attributesIn(attributes ?? ''), children: [], text: ''};
    parent.children.push(element);
    if (empty !== '/') open.push(element);
  }
}

function attributesIn(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([A-Za-z][\w.-]*)="([^"]*)"/g)) {
    if (attributes.has(name)) throw new Error(`${name} is there twice`);
    attributes.set(name, decode(value));
  }
  return attributes;
}

function decode(text: string): string {
  if (text.includes(']]>')) throw new Error('a stray ]]>');
  return text.replaceAll(reference, (_, name: string | undefined) => {
    if (name === undefined) throw new Error('a stray &');
    return known[name] ?? '';
  });
}
