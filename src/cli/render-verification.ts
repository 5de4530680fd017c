import {describeFinding, type Verification} from '../app/verify.ts';
import {exitCodes} from '../core/errors.ts';

const exitCodesOf: Readonly<Record<Verification['verdict'], number>> = {
  proven: exitCodes.ok,
  incomplete: exitCodes.failedRollouts,
  damaged: exitCodes.refused,
};

export function verificationExitCode({verdict}: Verification): number {
  return exitCodesOf[verdict];
}

/** What was found, as lines for people: the verdict, what is wrong and where, what cannot be proven, what is worth knowing. */
export function renderVerification(output: string, verification: Verification): readonly string[] {
  const {findings, unproven, notes} = verification;
  return [
    `${output}: ${verdictOf(verification)}`,
    ...findings.map((finding) => `  • ${describeFinding(finding)}.`),
    ...unproven.map((sentence) => `  ? ${sentence}.`),
    ...notes.map((sentence) => `  ${sentence}.`),
  ];
}

/** The same for machines. */
export function verificationToJson(output: string, verification: Verification): unknown {
  const {verdict, counts, findings, unproven, notes} = verification;
  const {wanted, done, owed, givenUp, failures} = counts;
  return {
    verdict,
    exit_code: verificationExitCode(verification),
    output,
    ...{wanted, done, owed, given_up: givenUp, failures},
    findings,
    unproven,
    notes,
  };
}

function verdictOf({verdict, counts, findings}: Verification): string {
  const {wanted, done} = counts;
  const standing = `${String(done)} of ${String(wanted)} rollouts have a record`;
  switch (verdict) {
    case 'proven':
      return `proven. Each of ${String(wanted)} rollouts has one record, of its own row, unchanged since it was written.`;
    case 'incomplete':
      return findings.length === 0
        ? `whole as far as it can be proven: ${standing}.`
        : `incomplete: ${standing}.`;
    case 'damaged':
      return `damaged: ${standing}.`;
  }
}
