import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {joinMembers, setMember, splitMembers} from '../../src/core/raw-json.ts';

const jsonObject = fc.dictionary(fc.string(), fc.jsonValue());
const indent = fc.constantFrom(undefined, 1, '\t', '\r\n ');

describe('splitMembers', () => {
  it.each([
    ['{}', []],
    [' { } ', []],
    ['{"a":1}', [['a', '1']]],
    [
      '{"a" : 1 , "b":\ttrue}',
      [
        ['a', '1'],
        ['b', 'true'],
      ],
    ],
    [
      '{"id":9007199254740993,"x":1.0,"e":1E+400}',
      [
        ['id', '9007199254740993'],
        ['x', '1.0'],
        ['e', '1E+400'],
      ],
    ],
    [
      '{"s":"a,}\\"]\\\\","t":[{"u":"]"},[]]}',
      [
        ['s', '"a,}\\"]\\\\"'],
        ['t', '[{"u":"]"},[]]'],
      ],
    ],
    [
      '{"a":1,"b":2,"a":3}',
      [
        ['a', '3'],
        ['b', '2'],
      ],
    ],
    ['{"\\u0061\\n":null}', [['a\n', 'null']]],
    [
      '{"é":"\\u00e9","":0}',
      [
        ['é', '"\\u00e9"'],
        ['', '0'],
      ],
    ],
    [
      '{"__proto__":{"a":1},"2":0,"1":0}',
      [
        ['__proto__', '{"a":1}'],
        ['2', '0'],
        ['1', '0'],
      ],
    ],
  ])('takes %j apart', (text, members) => {
    expect([...splitMembers(text)]).toEqual(members);
  });

  it('finds in every object, however it is spaced, the members that JSON.parse finds', () => {
    fc.assert(
      fc.property(jsonObject, indent, (object, space) => {
        const text = JSON.stringify(object, undefined, space);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const members = splitMembers(text);
        expect(new Set(members.keys())).toEqual(new Set(Object.keys(parsed)));
        for (const [key, raw] of members) expect(JSON.parse(raw)).toEqual(parsed[key]);
      }),
      {numRuns: 500},
    );
  });

  it('survives nesting that is deeper than any stack', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(splitMembers(`{"a":${deep},"b":1}`).get('a')).toBe(deep);
  });
});

describe('joinMembers', () => {
  it('gives back a compact object to the byte', () => {
    fc.assert(
      fc.property(jsonObject, (object) => {
        const text = JSON.stringify(object);
        expect(joinMembers(splitMembers(text))).toBe(text);
      }),
    );
  });
});

describe('setMember', () => {
  it.each([
    ['{}', 'a', '1', '{"a":1}'],
    ['{"a":1,"b":2}', 'a', '[3]', '{"a":[3],"b":2}'],
    ['{"big":12345678901234567890}', 'b', '"x"', '{"big":12345678901234567890,"b":"x"}'],
    ['{"a\\"b":1}', 'a"b', '2', '{"a\\"b":2}'],
  ])('in %s sets %s to %s', (text, key, raw, expected) => {
    expect(setMember(text, key, raw)).toBe(expected);
  });

  it('changes that member and no other', () => {
    fc.assert(
      fc.property(jsonObject, fc.string(), fc.jsonValue(), (object, key, value) => {
        const after: unknown = JSON.parse(setMember(JSON.stringify(object), key, JSON.stringify(value)));
        const wanted = new Map(Object.entries(JSON.parse(JSON.stringify(object)) as object));
        wanted.set(key, JSON.parse(JSON.stringify(value)));
        expect(new Map(Object.entries(after as object))).toEqual(wanted);
      }),
    );
  });
});
