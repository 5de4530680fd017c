import {execFileSync} from 'node:child_process';

/** Builds `dist/` before the tests, so that those that start the real program start what the sources say. */
export default function buildProgram(): void {
  if (process.env['ROLLCALL_SKIP_BUILD'] !== undefined) return;
  for (const [program, ...args] of [
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    ['node_modules/rolldown/bin/cli.mjs', '-c', '--logLevel', 'warn'],
    ['dist/program/keep-compiled.cjs'],
  ] as const)
    execFileSync(process.execPath, [program, ...args], {stdio: ['ignore', 'ignore', 'inherit']});
}
