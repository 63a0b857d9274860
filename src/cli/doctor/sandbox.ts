// What `karo doctor --sandbox` finds: starts karo-exec as this person, which tries to get out of each kind of jail.
import { PROVIDERS, type ProbeResult } from '../../muscle/contract/messages.ts'
import { muscleProgram } from '../../muscle/contract/program.ts'
import type { RunCommand } from './command.ts'

export interface SandboxRow {
  /** `sandbox.<provider>.<probe>`. */
  readonly id: string
  readonly outcome: 'ok' | 'fail' | 'skipped'
  readonly detail: string
}

interface Told {
  readonly providers: readonly { readonly provider: string; readonly problem: string | null }[]
  readonly probes: readonly ProbeResult[]
}

/** One row for each attempt, and one for each provider that cannot be used here. Never throws for what is wrong with jails. */
export async function lookAtSandbox(run: RunCommand): Promise<readonly SandboxRow[]> {
  const [runtime, file] = muscleProgram()
  const ran = await run(runtime, file, '--probe')
  if (ran.kind !== 'ran' || ran.code !== 0) {
    const why = ran.kind === 'failed' ? ran.reason : 'karo-exec could not be run'
    return PROVIDERS.map((name) => ({ id: `sandbox.${name}.start`, outcome: 'fail', detail: why }))
  }
  const { providers, probes } = JSON.parse(ran.stdout) as Told
  const missing = providers.flatMap(({ provider, problem }): SandboxRow[] =>
    problem === null ? [] : [{ id: `sandbox.${provider}.start`, outcome: 'skipped', detail: problem }],
  )
  const rows = probes.map(
    ({ provider, probe, held, detail }): SandboxRow => ({
      id: `sandbox.${provider}.${probe}`,
      outcome: held ? 'ok' : 'fail',
      detail,
    }),
  )
  return [...missing, ...rows]
}

/** Something runs only where at least one provider works and held every attempt. */
export const isSafe = (rows: readonly SandboxRow[]): boolean =>
  rows.some(({ outcome }) => outcome === 'ok') && rows.every(({ outcome }) => outcome !== 'fail')
