import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import fc from 'fast-check';
import {expect, it} from 'vitest';
import {parseOverride} from '../../src/config/override.ts';
import {parseYaml} from '../../src/config/yaml-document.ts';
import type {Problem} from '../../src/core/errors.ts';
import {createFolder} from '../config/config-folder.ts';
import {anyJson, cases, expectNoBug, fuzzTimeoutMs, garbled} from './cases.ts';

const texts = ['azure_openai_model', 'equivalence_llm_judge', 'quickstart', 'lc_judge'].map((name) =>
  readFileSync(`configs/${name}.yaml`, 'utf8').replaceAll(/^ *#.*\n/gm, ''),
);
const pieces = [
  '${policy_model_name}',
  '${a.b[0]}',
  '${.x}',
  '${oc.env:NO,1}',
  '${oc.decode:${a}}',
  '${oc.select:a,b}',
  '???',
  '${${a}}',
  '${a',
  '_inherit_from: policy_model',
  '_copy: a.b',
  '_delete_key: "a"',
  '${copy:a}',
  '<<: *a',
  '&a',
  '*a',
  '!!python/object:x',
  '1_000',
  '1:30',
  '.nan',
  '~',
];
const yaml = fc.oneof(
  fc.constantFrom(...texts).chain(garbled),
  fc.tuple(fc.constantFrom(...texts), fc.constantFrom(...pieces), fc.nat()).map(([text, piece, at]) => {
    const colons = [...text.matchAll(/: [^\n]*$/gm)];
    const {index = 0, 0: found = ''} = colons[at % colons.length] ?? {};
    return `${text.slice(0, index)}: ${piece}${text.slice(index + found.length)}`;
  }),
  anyJson.map((value) => JSON.stringify(value)),
);
const key = fc.constantFrom(
  'policy_model.responses_api_models.azure_openai_model.timeouts',
  'limit',
  'config_paths',
  'prices',
  'a.b',
  'a.0',
  'policy_model',
  'num_repeats',
  '__proto__.x',
  'constructor',
);
const value = fc
  .oneof(
    fc.constantFrom(
      '[a, {b: 1}]',
      '{a: [1, 2}',
      "'x",
      '"${a}"',
      'int(1)',
      'sort([3,1])',
      'extend_list(1)',
      'json_str({a:1})',
      'shuffle([1,2])',
      'null',
      '???',
      '${x}',
      'float(inf)',
      'choice(1)',
      '1e999',
    ),
    fc.string({maxLength: 12}),
  )
  .chain((text) => fc.oneof(fc.constant(text), garbled(text)));
const override = fc
  .tuple(fc.constantFrom('+', '++', '', '~'), key, value)
  .map(([sign, path, text]) => `${sign}${path}=${text}`);

it(
  'whatever a YAML file holds, it is read, or what is wrong is told with its place',
  () => {
    fc.assert(
      fc.property(yaml, (text) => {
        const problems: Problem[] = [];
        const read = parseYaml(text, {file: 'a.yaml'}, (problem) => problems.push(problem));
        expect(read === undefined ? problems.length : 1).toBeGreaterThan(0);
      }),
      cases(200),
    );
  },
  fuzzTimeoutMs,
);

it(
  'whatever a bare word is, it is an override, or what is wrong is told',
  () => {
    fc.assert(
      fc.property(fc.oneof(override, override.chain(garbled), fc.string()), (word) => {
        const problems: Problem[] = [];
        const read = parseOverride(word, (problem) => problems.push(problem));
        expect(read === undefined ? problems.length : 1).toBeGreaterThan(0);
      }),
      cases(200),
    );
  },
  fuzzTimeoutMs,
);

it(
  'whatever files and overrides say together, it is a configuration or it is refused',
  async () => {
    await using folder = await createFolder();
    await fc.assert(
      fc.asyncProperty(yaml, fc.array(override, {maxLength: 3}), async (text, overrides) => {
        await writeFile(join(folder.cwd, 'a.yaml'), text);
        await expectNoBug(() => folder.load({configPaths: ['a.yaml'], overrides}));
      }),
      cases(100),
    );
  },
  fuzzTimeoutMs,
);
