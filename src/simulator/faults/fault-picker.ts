import {randomFor} from '../generation/request-hash.ts';
import type {FaultSettings, FaultTiming} from '../settings/simulator-settings.ts';
import {createAttemptCounter} from './attempt-counter.ts';

interface FaultSubject {
  readonly path: string;
  readonly deployment: string;
  /** The request's text, made only when a rule reads it. */
  readonly text: () => string;
  readonly hash: string;
}

/** Decides which fault, if any, strikes a request; keeps the counts that `nth`, `every`, `first` and retries need. */
export type FaultPicker = (subject: FaultSubject) => FaultSettings | undefined;

/**
 * The first rule that matches and is due wins. A draw depends on the request and on how often it came, so a retry of
 * an unlucky request may succeed, and the same run has the same luck whatever its concurrency.
 */
export function createFaultPicker(rules: readonly FaultSettings[]): FaultPicker {
  if (rules.length === 0) return () => undefined;
  const attempts = createAttemptCounter();
  const seen = rules.map(() => 0);
  return (subject) => {
    const attempt = attempts.count(subject.hash);
    let struck: FaultSettings | undefined;
    for (const [index, rule] of rules.entries()) {
      if (!matches(rule, subject)) continue;
      const position = (seen[index] ?? 0) + 1;
      seen[index] = position;
      const draw = (): number => randomFor(subject.hash, `fault ${index}`, attempt)();
      if (isDue(rule.timing, rule.count === 'attempts' ? attempt : position, draw)) struck ??= rule;
    }
    return struck;
  };
}

function matches({path, deployment, text}: FaultSettings, subject: FaultSubject): boolean {
  if (path !== undefined && !path.test(subject.path)) return false;
  if (deployment !== undefined && !deployment.test(subject.deployment)) return false;
  return text === undefined || text.test(subject.text());
}

function isDue(timing: FaultTiming, position: number, draw: () => number): boolean {
  switch (timing.kind) {
    case 'probability':
      return timing.probability >= 1 || draw() < timing.probability;
    case 'nth':
      return timing.positions.has(position);
    case 'every':
      return position % timing.period === 0;
    case 'first':
      return position <= timing.count;
  }
}
