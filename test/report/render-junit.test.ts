import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseGate} from '../../src/core/gate.ts';
import {evaluateGates, type GateOutcome} from '../../src/metrics/evaluate-gates.ts';
import {createMetricsFold, type MetricsFold} from '../../src/metrics/metrics-fold.ts';
import {type JunitReport, renderJunit} from '../../src/report/render-junit.ts';
import {parseXml, type XmlElement} from './parse-xml.ts';

function foldOf(done: number, missing: readonly number[] = [], agentName = 'agent'): MetricsFold {
  const fold = createMetricsFold(['model_ms']);
  for (const task of missing) fold.expect(agentName, task);
  for (let taskIndex = 0; taskIndex < done; taskIndex++) {
    fold.expect(agentName, taskIndex);
    const id = {taskIndex, rolloutIndex: 0};
    fold.add({id, agentName, numbers: new Map([['reward', 0]]), unparsedVerdicts: 0, modelMs: 1500});
  }
  return fold;
}

function gatesOver(
  fold: MetricsFold,
  whyNot: string | undefined,
  ...texts: readonly string[]
): readonly GateOutcome[] {
  const gates = texts.map(parseGate).filter((gate) => typeof gate !== 'string');
  return evaluateGates({gates, on: 'point'}, fold.tables(), whyNot);
}

function reportOf(fold: MetricsFold, changes: Partial<JunitReport> = {}): JunitReport {
  const {cutShort, gates, failed} = {cutShort: undefined, gates: [], failed: [], ...changes};
  return {
    command: 'collect-rollouts',
    cutShort,
    gates,
    failed,
    tables: fold.tables(),
    allowsFailures: false,
    ...changes,
  };
}

const casesIn = (root: XmlElement): readonly XmlElement[] => root.children.flatMap(({children}) => children);
const nameOf = ({attributes}: XmlElement): string => attributes.get('name') ?? '';

/** The cases that are not plain: name, what they are, and its message. */
function faultsIn(text: string): readonly string[] {
  return casesIn(parseXml(text)).flatMap((each) =>
    each.children
      .filter(({name}) => name !== 'system-out')
      .map(({name, attributes}) => `${nameOf(each)}: ${name}: ${attributes.get('message') ?? ''}`),
  );
}

describe('renderJunit', () => {
  it('has a case for the command, each gate and each task, a low reward being no failure', () => {
    const fold = foldOf(2);
    const root = parseXml(renderJunit(reportOf(fold, {gates: gatesOver(fold, undefined, 'mean/reward<=0')})));
    expect(casesIn(root).map(nameOf)).toEqual(['collect-rollouts', 'mean/reward<=0', 'task 0', 'task 1']);
    expect([...root.attributes]).toEqual([
      ['name', 'rollcall'],
      ['tests', '4'],
      ['failures', '0'],
      ['errors', '0'],
      ['skipped', '0'],
      ['time', '3.000'],
    ]);
    expect(casesIn(root)[2]?.children).toMatchObject([{name: 'system-out', text: 'reward 0'}]);
  });

  it('makes a failed gate a failure and a failed rollout an error', () => {
    const fold = foldOf(1, [1]);
    const id = {taskIndex: 1, rolloutIndex: 0};
    const failed = [{id, agentName: 'agent', code: 'ERR_MODEL_TIMEOUT', message: 'too slow'}];
    const gates = gatesOver(fold, undefined, 'mean/reward>=1');
    expect(faultsIn(renderJunit(reportOf(fold, {failed, gates})))).toEqual([
      'mean/reward>=1: failure: 0, n = 1 rollout; 1 rollout of 2 not completed',
      'task 1: error: 1 rollout of 1 not completed: ERR_MODEL_TIMEOUT: too slow',
    ]);
  });

  it('turns nothing red for failed rollouts that are allowed', () => {
    expect(faultsIn(renderJunit(reportOf(foldOf(1, [1]), {allowsFailures: true})))).toEqual([
      'task 1: skipped: 1 rollout of 1 not completed',
    ]);
  });

  it('blames the command and its gates when it ended early, and not the tasks that had no chance', () => {
    const fold = foldOf(1, [1]);
    const cutShort = 'the deadline came';
    const gates = gatesOver(fold, cutShort, 'mean/reward>=0');
    expect(faultsIn(renderJunit(reportOf(fold, {cutShort, gates})))).toEqual([
      'collect-rollouts: error: the deadline came',
      'mean/reward>=0: error: the deadline came',
      'task 1: skipped: 1 rollout of 1 not completed',
    ]);
  });

  it('stays small however many tasks there are, and says how many it leaves out', () => {
    const missing = Array.from({length: 1500}, (_, index) => 9000 + index);
    const text = renderJunit(reportOf(foldOf(9000, missing)));
    const names = casesIn(parseXml(text)).map(nameOf);
    expect(names).toHaveLength(1 + 8000 + 1000 + 2);
    expect(names.slice(-2)).toEqual(['1,000 other tasks, completed', '500 other tasks, not completed']);
    expect(text.length).toBeLessThan(3_000_000);
  });

  it('is well-formed whatever the names and messages hold', () => {
    const any = fc.oneof(
      fc.string({unit: 'binary'}),
      fc
        .array(fc.integer({min: 0, max: 0xffff}), {maxLength: 40})
        .map((codes) => String.fromCharCode(...codes)),
      fc.constantFrom(
        ']]>',
        '<!--',
        '&#0;',
        '\u0000\u001b[31m',
        '\ud800',
        '\uffff\ufffe',
        '"\'<&>',
        '###vso[x]::error::',
      ),
    );
    fc.assert(
      fc.property(any, any, any, (agentName, message, cutShort) => {
        const fold = foldOf(1, [1], agentName);
        const failed = [{id: {taskIndex: 1, rolloutIndex: 0}, agentName, code: message, message}];
        const gates = gatesOver(fold, cutShort, `${agentName.replaceAll(/[<>=!]/g, '')}:mean/reward>=0`);
        const text = renderJunit(reportOf(fold, {failed, cutShort, gates}));
        expect(casesIn(parseXml(text)).length).toBeGreaterThanOrEqual(3);
        expect(text).not.toMatch(/##|::/);
      }),
    );
  });
});
