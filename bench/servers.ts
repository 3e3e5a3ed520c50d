import type { MemoryAnswer } from './probe.js'
import { ServerProcess } from './server-process.js'

/** The processes of one system that runs: one, or the instances of a hub. */
export class Servers implements AsyncDisposable {
  private constructor(
    private readonly processes: readonly ServerProcess[],
    private readonly cleanUp: () => Promise<void>,
  ) {}

  /** One after the other, each with its own environment. */
  static async start(
    program: string,
    environments: readonly Record<string, string>[] = [{}],
    cleanUp: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Servers> {
    const processes: ServerProcess[] = []
    for (const env of environments) processes.push(await ServerProcess.start(program, env))
    return new Servers(processes, cleanUp)
  }

  /** Where callers connect. */
  get first(): number {
    return this.processes[0]!.port
  }

  /** Where those connect whom they call: another instance, if there is one. */
  get last(): number {
    return this.processes.at(-1)!.port
  }

  /** Microseconds of CPU that all of them have used since they started. */
  async cpu(): Promise<number> {
    const each = await Promise.all(this.processes.map((process) => process.cpu()))
    return each.reduce((sum, microseconds) => sum + microseconds, 0)
  }

  /** Of the first. */
  memory(): Promise<MemoryAnswer> {
    return this.processes[0]!.memory()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((process) => process[Symbol.asyncDispose]()))
    await this.cleanUp()
  }
}
