import type {Reporter, TestModule} from 'vitest/node';

/** Ends the run with `N passed, N failed` alone on a line; a failed import or an unhandled error is a failure. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const brokenModules = modules.filter((module) => module.errors().length > 0).length;
    const brokenTests = tests.filter((test) => test.result().state === 'failed').length;
    const failed = brokenTests + brokenModules + unhandledErrors.length;
    process.stdout.write(`\n${String(passed)} passed, ${String(failed)} failed\n`);
  }
}
