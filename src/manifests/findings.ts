import {type Problem, RollcallError} from '../core/errors.ts';
import {createRedactor} from '../core/redact.ts';

/** What is found while documents are read: problems, warnings, and the credentials to keep out of both. */
export class Findings {
  /** A document could not be read: what it would have declared is not reported missing. */
  incomplete = false;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #secrets = new Set<string>();
  readonly #redactor = createRedactor();
  readonly #files: readonly string[];

  /** `files` in the order in which problems are to be told. */
  constructor(files: readonly string[]) {
    this.#files = files;
  }

  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  get hasProblems(): boolean {
    return this.#problems.length > 0;
  }

  /** In the order of the files and their lines, without any credential. */
  get warnings(): readonly Problem[] {
    return this.#inOrder(this.#warnings);
  }

  problem(problem: Problem): void {
    this.#problems.push(problem);
  }

  warn(problem: Problem): void {
    this.#warnings.push(problem);
  }

  /** Warns of what is true of many places, at the first of them. */
  warnOnce(problem: Problem): void {
    if (!this.#warnings.some(({message}) => message === problem.message)) this.warn(problem);
  }

  addSecret(secret: string): void {
    const text = secret.trim();
    // What stands behind a scheme (`Bearer …`) is secret by itself.
    for (const part of [text, text.replace(/^[A-Za-z]+ +/, '')]) {
      if (part === '') continue;
      this.#secrets.add(part);
      this.#redactor.add(part);
    }
  }

  /** The text without any credential. */
  redact(text: string): string {
    return this.#redactor.redact(text);
  }

  /** Fails with every problem at once, if there is one. */
  throwIfAny(): void {
    if (!this.hasProblems) return;
    const problems = this.#inOrder(this.#problems);
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    throw new RollcallError(`the Kubernetes documents have ${count}`, {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems,
    });
  }

  #inOrder(problems: readonly Problem[]): readonly Problem[] {
    const {redact} = this.#redactor;
    // A file is named in full in its place: redacting it would take the reader's way to it.
    const clean = problems.map((problem) => ({
      ...problem,
      message: redact(problem.message),
      ...(problem.path === undefined ? {} : {path: redact(problem.path)}),
      ...(problem.hint === undefined ? {} : {hint: redact(problem.hint)}),
    }));
    // What several readers stumble over is one problem.
    const unique = new Map(clean.map((problem) => [JSON.stringify(problem), problem]));
    return [...unique.values()].toSorted(
      (a, b) =>
        this.#rank(a) - this.#rank(b) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0) ||
        a.message.localeCompare(b.message),
    );
  }

  #rank({file}: Problem): number {
    return file === undefined ? -1 : this.#files.indexOf(file);
  }
}
