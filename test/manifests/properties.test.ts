import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {describeFinding, load, readCases} from './manifest-suite.ts';

const whole = readCases().filter(({problems}) => problems.length === 0);
const split = (text: string): string[] => text.split(/^---$/m).filter((part) => part.trim() !== '');

describe('for all documents', () => {
  it('their order does not matter', () => {
    const several = whole.filter(({text}) => split(text).length > 2 && !text.includes('&azure'));
    fc.assert(
      fc.property(fc.constantFrom(...several), fc.infiniteStream(fc.nat()), ({text, env}, dice) => {
        const parts = split(text);
        const shuffled = parts
          .map((part) => ({part, rank: Number(dice.next().value)}))
          .sort((a, b) => a.rank - b.rank)
          .map(({part}) => part);
        expect(meaningOf(shuffled.join('\n---\n'), env)).toEqual(meaningOf(parts.join('\n---\n'), env));
      }),
    );
  });

  it('a broken one is a problem, never a crash', () => {
    const texts = readCases().map(({text}) => text);
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.nat({max: 20}),
      put: fc.oneof(
        fc.string({maxLength: 8}),
        fc.constantFrom(
          '\n',
          '  ',
          ': ',
          '- ',
          '{',
          '[',
          '"',
          '&a',
          '*a',
          '!!x',
          '$',
          '${',
          '{{<',
          '%',
          '\t',
          '\0',
        ),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.array(edit, {minLength: 1, maxLength: 4}), (text, edits) => {
        const broken = edits.reduce((now, {at, cut, put}) => {
          const place = at % (now.length + 1);
          return now.slice(0, place) + put + now.slice(place + cut);
        }, text);
        const {config, problems} = load(broken);
        expect((config === undefined) === problems.length > 0).toBe(true);
      }),
      {numRuns: 500},
    );
  });

  it('no secret is in a problem, a warning or a status, wherever it stands and whatever is wrong', () => {
    const secret = fc
      .string({unit: 'binary-ascii', minLength: 8, maxLength: 40})
      .filter((text) => text.trim().length >= 8 && !/^[\w ]*$/.test(text));
    const place = fc.constantFrom(
      ...[
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {Authorization: HERE}',
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {Authorisation: HERE, Authorization: ""}',
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {Authorization: HERE}',
        'apiVersion: v1\nkind: Secrets\nmetadata: {name: s}\nstringData: {Authorization: HERE}',
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  Authorization: HERE\n broken',
      ],
    );
    const form = fc.constantFrom('quoted', 'plain');
    fc.assert(
      fc.property(secret, place, form, (value, document, how) => {
        const written = how === 'quoted' ? JSON.stringify(value) : value;
        const {config, problems} = load(`${document.replace('HERE', () => written)}\n---\n${rest}`);
        const told = [
          ...problems.map(describeFinding),
          ...(config?.warnings ?? []).map(describeFinding),
          ...(config?.resources ?? []).map(({detail}) => detail),
        ].join('\n');
        expect(told).not.toContain(value.trim());
      }),
      {numRuns: 300},
    );
  });
});

const rest = `
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: b}
spec:
  ai: {provider: {azureopenai: {endpoint: a.openai.azure.com}}}
  policies: {auth: {secretRef: {name: s}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {rules: [{backendRefs: [{name: b, group: agentgateway.dev, kind: AgentgatewayBackend}]}]}
`;

/** What is configured, without where it was written. */
function meaningOf(text: string, env: Readonly<Record<string, string>>): unknown {
  const {config, problems} = load(text, env);
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const {port, routes, backends, secrets, resources} = config;
  return {
    port,
    routes: byName(routes),
    backends: byName(
      [...backends.values()].map(({groups, ...backend}) => ({
        ...backend,
        groups: groups.map((tier) =>
          tier.map(({origin, ...provider}) => ({...provider, origin: origin.path})),
        ),
      })),
    ),
    secrets: [...secrets].sort(),
    resources: byName(resources.map(({kind, name, detail}) => ({name: `${kind} ${name}`, detail}))),
  };
}

function byName<T extends {readonly name: string}>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.name.localeCompare(b.name));
}

describe('documents by the thousand', () => {
  it('are read in a time that grows with their number only', () => {
    const secrets = Array.from(
      {length: 2000},
      (_, index) =>
        `apiVersion: v1\nkind: Secret\nmetadata: {name: s${index}}\nstringData: {Authorization: secret-key-${index}}\n`,
    );
    const {config} = load(`${secrets.join('---\n')}---\n${whole[0]?.text ?? ''}`, whole[0]?.env);
    expect(config?.resources.length).toBeGreaterThan(2000);
  }, 20_000);

  it('may hold a line of nothing but beginnings of shortcodes', () => {
    expect(load(`# ${'{{< '.repeat(100_000)}\n${whole[0]?.text ?? ''}`, whole[0]?.env).problems).toEqual([]);
  });
});
