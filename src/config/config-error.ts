/**
 * The configuration cannot be used. Holds every fault at once, each as `VARIABLE: fault; mend`.
 *
 * No HubError: nobody calls a hub yet. The program prints `message` and exits with `exitCode`
 * (EX_CONFIG of sysexits.h).
 */
export class ConfigError extends Error {
  static readonly exitCode = 78

  constructor(readonly faults: readonly string[]) {
    super(
      `the hub cannot start with this configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.name = 'ConfigError'
  }
}
