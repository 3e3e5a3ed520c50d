/** Shared by the three projects: SWC strips the types, modules stay ESM. */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
}

/** Integration and e2e tests share one real Postgres; each file works on its own clone of a template. */
const withPostgres = {
  ...common,
  globalSetup: './test/support/global-setup.mjs',
  setupFiles: ['./test/support/nest-for-cjs.mjs'],
  globalTeardown: './test/support/global-teardown.mjs',
}

/** Half a minute of certificates. */
const RECOMBINATION = 'test/certificate-recombination.spec.ts'

export default {
  maxWorkers: 2,
  // A test that failed may have left its hub running: CI must end all the same.
  forceExit: process.env.CI === 'true',
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', RECOMBINATION],
    },
    // Apart from the unit tests, which are to be quick.
    { ...common, displayName: 'recombination', testMatch: [`<rootDir>/${RECOMBINATION}`] },
    {
      ...withPostgres,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.spec.ts'],
    },
    { ...withPostgres, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
  ],
}
