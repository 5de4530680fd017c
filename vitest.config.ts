import {defineConfig} from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    globalSetup: ['test/build-program.ts'],
    reporters: ['default', './test/closing-line-reporter.ts'],
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
