import {execFileSync} from 'node:child_process';

/** Builds `dist/` before the tests, so that those that start the real program start what the sources say. */
export default function buildProgram(): void {
  if (process.env['ROLLCALL_SKIP_BUILD'] !== undefined) return;
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
}
