import {Ajv} from 'ajv';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import {seededRandom} from '../../../src/runtime/random.ts';
import {valueFromSchema} from '../../../src/simulator/generation/value-from-schema.ts';

const leaf = fc.oneof<fc.Arbitrary<JsonObject>[]>(
  fc.constant({type: 'string'}),
  fc.record({type: fc.constant('string'), minLength: fc.nat(20)}),
  fc
    .tuple(fc.integer({min: -50, max: 50}), fc.nat(9))
    .map(([minimum, span]) => ({type: 'integer', minimum, maximum: minimum + span})),
  fc.constant({type: 'number', minimum: 0, maximum: 1}),
  fc.constant({type: 'number', exclusiveMinimum: 0.001, exclusiveMaximum: 0.002}),
  fc.constant({type: 'integer', exclusiveMinimum: 2.5, exclusiveMaximum: 4}),
  fc.constant({type: 'boolean'}),
  fc.constant({type: ['null', 'string']}),
  fc.uniqueArray(fc.string(), {minLength: 1}).map((values) => ({enum: values})),
  fc.string().map((value) => ({const: value})),
);
const {schema: anySchema} = fc.letrec<{schema: JsonObject}>((tie) => ({
  schema: fc.oneof(
    {maxDepth: 3},
    leaf,
    fc
      .dictionary(
        fc.string({minLength: 1}).filter((name) => name !== '__proto__'),
        tie('schema'),
      )
      .map((properties) => ({
        type: 'object',
        properties,
        required: Object.keys(properties),
        additionalProperties: false,
      })),
    tie('schema').map((items) => ({type: 'array', items, minItems: 1, maxItems: 3})),
    fc.array(tie('schema'), {minLength: 1, maxLength: 3}).map((anyOf) => ({anyOf})),
  ),
}));

describe('a value made from a schema', () => {
  const ajv = new Ajv({strict: false});

  it('fits the schema, whatever it is', () => {
    fc.assert(
      fc.property(anySchema, fc.nat(), (schema, seed) => {
        const value = valueFromSchema(schema, seededRandom(seed));
        expect(ajv.validate(schema, value), JSON.stringify({schema, value})).toBe(true);
      }),
    );
  });

  it('follows references, and ends where a schema refers to itself', () => {
    const schema = {
      type: 'object',
      properties: {child: {anyOf: [{$ref: '#'}, {type: 'null'}]}, tag: {$ref: '#/$defs/tag'}},
      required: ['child', 'tag'],
      additionalProperties: false,
      $defs: {tag: {enum: ['a', 'b']}},
    };
    for (let seed = 0; seed < 50; seed++) {
      const value = valueFromSchema(schema, seededRandom(seed));
      expect(ajv.validate(schema, value), JSON.stringify(value)).toBe(true);
    }
  });

  it('is small and quick to make even for a schema that has no finite value', () => {
    const child = {$ref: '#'};
    const endless = {
      type: 'object',
      properties: Object.fromEntries(Array.from({length: 20}, (_, index) => [`child${index}`, child])),
      required: Array.from({length: 20}, (_, index) => `child${index}`),
    };
    expect(JSON.stringify(valueFromSchema(endless, seededRandom(1))).length).toBeLessThan(1_000_000);
    expect(valueFromSchema({type: 'array', items: {const: 1}, minItems: 1e9}, seededRandom(1))).toHaveLength(
      100,
    );
    expect(valueFromSchema({$ref: '#'}, seededRandom(1))).toBeTypeOf('string');
  });

  it.each([
    ['date', /^\d{4}-\d{2}-\d{2}$/],
    ['email', /@example\.com$/],
    ['uuid', /^[0-9a-f]{8}-/],
  ])('has the format %s', (format, pattern) => {
    expect(valueFromSchema({type: 'string', format}, seededRandom(1))).toMatch(pattern);
  });

  it('keeps to multiples, lengths and merged parts', () => {
    const random = seededRandom(3);
    expect(
      Number(valueFromSchema({type: 'integer', multipleOf: 7, minimum: 10, maximum: 50}, random)) % 7,
    ).toBe(0);
    expect(valueFromSchema({type: 'string', maxLength: 3}, random)).toHaveLength(3);
    const merged = valueFromSchema(
      {allOf: [{type: 'object', properties: {a: {const: 1}}}, {properties: {b: {const: 2}}}]},
      random,
    );
    expect(merged).toEqual({a: 1, b: 2});
  });
});
