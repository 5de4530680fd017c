import {RollcallError} from './errors.ts';

type Piece = {readonly text: string} | {readonly field: string};

/**
 * Fills a Python `str.format` template: `{name}` is replaced by `values.name`, `{{` and `}}` stand for braces.
 * Values are put in as they are, never looked into again. Fails with `ERR_TEMPLATE` (fault `config`) on a lone
 * brace, on Python's other forms (`{}`, `{0}`, `{a.b}`, `{a[0]}`, `{a!r}`, `{a:>8}`) and on a field without a value.
 */
export function formatTemplate(template: string, values: Readonly<Record<string, string>>): string {
  let out = '';
  const missing = new Set<string>();
  for (const piece of parseTemplate(template)) {
    if ('text' in piece) {
      out += piece.text;
      continue;
    }
    const value = Object.hasOwn(values, piece.field) ? values[piece.field] : undefined;
    if (value === undefined) missing.add(piece.field);
    out += value ?? '';
  }
  if (missing.size > 0) throw missingFieldsError([...missing], Object.keys(values));
  return out;
}

/** The names of a template's fields, each once, in the order in which they first appear. Fails as `formatTemplate` does. */
export function templateFields(template: string): readonly string[] {
  const fields = new Set<string>();
  for (const piece of parseTemplate(template)) if ('field' in piece) fields.add(piece.field);
  return [...fields];
}

// A literal run, an escaped brace, a field, or a brace that stands alone; between them they take every character.
const piecePattern = /[^{}]+|\{\{|\}\}|\{([^{}]*)\}|[{}]/gu;

function* parseTemplate(template: string): Generator<Piece> {
  for (const match of template.matchAll(piecePattern)) {
    const [whole, field] = match;
    if (field !== undefined) yield {field: checkedField(field, template, match.index)};
    else if (whole === '{' || whole === '}') throw loneBraceError(whole, template, match.index);
    else yield {text: whole === '{{' || whole === '}}' ? whole.slice(1) : whole};
  }
}

function checkedField(field: string, template: string, offset: number): string {
  if (field !== '' && !/^\d+$|[.[\]!:]/u.test(field)) return field;
  throw templateError(
    `the template has {${field}} at ${position(template, offset)}, a form that is not supported`,
    {
      hint: 'Fields are plain names such as {question}. For braces in the text write {{ and }}.',
    },
  );
}

function loneBraceError(brace: string, template: string, offset: number): RollcallError {
  return templateError(`the template has a single ${brace} at ${position(template, offset)}`, {
    hint: `To have a brace in the text, write it twice: ${brace}${brace}.`,
  });
}

function missingFieldsError(missing: readonly string[], available: readonly string[]): RollcallError {
  const names = missing.map((name) => `{${name}}`).join(', ');
  return templateError(
    `the template asks for ${names}, which ${missing.length === 1 ? 'has' : 'have'} no value`,
    {
      hint:
        available.length === 0 ? undefined : `There is: ${available.map((name) => `{${name}}`).join(', ')}.`,
    },
  );
}

function templateError(message: string, {hint}: {readonly hint: string | undefined}): RollcallError {
  return new RollcallError(message, {code: 'ERR_TEMPLATE', fault: 'config', hint});
}

function position(template: string, offset: number): string {
  const before = template.slice(0, offset).split('\n');
  return `line ${String(before.length)}, column ${String((before.at(-1)?.length ?? 0) + 1)}`;
}
