import {seededRandom} from '../runtime/random.ts';
import {type ConfigNode, type Origin, type ScalarNode, type ScalarValue, scalarNode} from './config-node.ts';
import {OverrideSyntaxError} from './override-syntax-error.ts';

/** An argument of a function in an override, `reverse=true` or plain. */
export interface Argument {
  readonly name: string | undefined;
  readonly value: ConfigNode;
}

/** What `extend_list(…)` gives: items to put behind a list that an earlier override set. */
export interface ListExtension {
  readonly kind: 'extension';
  readonly items: readonly ConfigNode[];
}

type Call = (
  values: readonly ConfigNode[],
  options: ReadonlyMap<string, ConfigNode>,
  origin: Origin,
) => ConfigNode;

const sweeps = new Set(['choice', 'range', 'glob', 'interval', 'tag']);

const functions: Readonly<Record<string, Call>> = {
  int: (values, _options, origin) => castAll(single('int', values), toInteger, origin),
  float: (values, _options, origin) => castAll(single('float', values), toFloat, origin),
  str: (values, _options, origin) => castAll(single('str', values), ({text}) => text, origin),
  bool: (values, _options, origin) => castAll(single('bool', values), toBoolean, origin),
  json_str: (values, _options, origin) => scalarNode(pythonJson(single('json_str', values)), origin),
  sort: (values, options, origin) => {
    const items = [...listArgument('sort', values)].sort(compare);
    const reverse = options.get('reverse');
    if (reverse?.kind === 'scalar' && reverse.value === true) items.reverse();
    return {kind: 'list', items, origin};
  },
  shuffle: (values, _options, origin) => ({
    kind: 'list',
    items: shuffled(listArgument('shuffle', values)),
    origin,
  }),
};

/** Evaluates one of Hydra's override functions. Sweeps and unknown names throw `OverrideSyntaxError`. */
export function callFunction(
  name: string,
  args: readonly Argument[],
  origin: Origin,
): ConfigNode | ListExtension {
  if (sweeps.has(name)) {
    throw new OverrideSyntaxError(`\`${name}(…)\` asks for several runs, which is not what one run can do`);
  }
  const values = args.filter((arg) => arg.name === undefined).map((arg) => arg.value);
  if (name === 'extend_list') return {kind: 'extension', items: values};
  const call = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (call === undefined) {
    throw new OverrideSyntaxError(
      `there is no function \`${name}\`; put the value in quotes if its parentheses are meant literally`,
    );
  }
  const options = new Map(
    args.flatMap(({name: key, value}) => (key === undefined ? [] : [[key, value] as const])),
  );
  return call(values, options, origin);
}

function single(name: string, values: readonly ConfigNode[]): ConfigNode {
  const [value, ...others] = values;
  if (value === undefined || others.length > 0)
    throw new OverrideSyntaxError(`\`${name}(…)\` takes one argument`);
  return value;
}

function listArgument(name: string, values: readonly ConfigNode[]): readonly ConfigNode[] {
  const list = single(name, values);
  if (list.kind !== 'list') throw new OverrideSyntaxError(`\`${name}(…)\` takes a list: \`${name}([…])\``);
  return list.items;
}

/** Casts reach into lists and maps, as Hydra's do. */
function castAll(node: ConfigNode, cast: (node: ScalarNode) => ScalarValue, origin: Origin): ConfigNode {
  if (node.kind === 'scalar') return scalarNode(cast(node), origin);
  if (node.kind === 'list') return {...node, items: node.items.map((item) => castAll(item, cast, origin))};
  return {
    ...node,
    entries: new Map([...node.entries].map(([key, item]) => [key, castAll(item, cast, origin)])),
  };
}

function toFloat({value, text}: ScalarNode): number {
  if (typeof value === 'boolean') return Number(value);
  const number =
    typeof value === 'number' ? value : Number(text.trim() === '' ? 'x' : text.replaceAll('_', ''));
  if (value === null || (typeof value === 'string' && Number.isNaN(number))) {
    throw new OverrideSyntaxError('the value cannot be made a number');
  }
  return number;
}

function toInteger(node: ScalarNode): number {
  const number = Math.trunc(toFloat(node));
  const isDecimalText = typeof node.value === 'string' && !/^\s*[+-]?[\d_]+\s*$/.test(node.text);
  if (!Number.isFinite(number) || isDecimalText)
    throw new OverrideSyntaxError('the value cannot be made a whole number');
  return number;
}

function toBoolean({value, text}: ScalarNode): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (value !== null && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw new OverrideSyntaxError('the value cannot be made true or false');
}

/** JSON with Python's spaces, as `json.dumps` prints it. */
function pythonJson(node: ConfigNode): string {
  if (node.kind === 'scalar') return JSON.stringify(node.value);
  if (node.kind === 'list') return `[${node.items.map(pythonJson).join(', ')}]`;
  return `{${[...node.entries].map(([key, child]) => `${JSON.stringify(key)}: ${pythonJson(child)}`).join(', ')}}`;
}

function compare(a: ConfigNode, b: ConfigNode): number {
  if (a.kind !== 'scalar' || b.kind !== 'scalar' || typeof a.value !== typeof b.value) {
    throw new OverrideSyntaxError('`sort(…)` takes values of one kind');
  }
  if (typeof a.value === 'number' && typeof b.value === 'number') return a.value - b.value;
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

// A configuration must mean the same thing each time it is read, or a run could not be resumed.
function shuffled(items: readonly ConfigNode[]): readonly ConfigNode[] {
  const random = seededRandom(0);
  return items
    .map((item) => ({item, rank: random()}))
    .sort((a, b) => a.rank - b.rank)
    .map(({item}) => item);
}
