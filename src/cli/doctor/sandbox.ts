// What `karo doctor --sandbox` finds: starts karo-exec as this person, which tries to get out of each kind of jail.
import type { Config } from '../../config/table.ts'
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
  readonly providers: readonly {
    readonly provider: string
    readonly problem: string | null
    /** What these jails do not hold. */
    readonly cannot: readonly string[]
  }[]
  readonly probes: readonly ProbeResult[]
}

/**
 * One row for each attempt, one for each provider that cannot build a jail here, and one for each thing that a provider does not
 * hold by its nature. Never throws for what is wrong with jails.
 */
export async function lookAtSandbox(
  run: RunCommand,
  chosen: Chosen = 'auto',
): Promise<readonly SandboxRow[]> {
  const [runtime, file] = muscleProgram()
  const ran = await run(runtime, file, '--probe', ...(chosen === 'auto' ? [] : ['--provider', chosen]))
  if (ran.kind !== 'ran' || ran.code !== 0) {
    const why = ran.kind === 'failed' ? ran.reason : 'karo-exec could not be run'
    return PROVIDERS.map((name) => ({ id: `sandbox.${name}.start`, outcome: 'fail', detail: why }))
  }
  const { providers, probes } = JSON.parse(ran.stdout) as Told
  return providers.flatMap(({ provider, problem, cannot }): SandboxRow[] => {
    const row = (name: string, outcome: SandboxRow['outcome'], detail: string): SandboxRow => ({
      id: `sandbox.${provider}.${name}`,
      outcome,
      detail,
    })
    if (problem !== null) return [row('start', 'skipped', problem)]
    const tried = probes.filter((one) => one.provider === provider)
    // Nothing runs in what does not start, so nothing gets out of it.
    const [first] = tried
    if (first?.probe === 'start') return [row('start', 'skipped', first.detail)]
    return [
      ...tried.map(({ probe, held, detail }) =>
        row(probe, held === null ? 'skipped' : held ? 'ok' : 'fail', detail),
      ),
      ...cannot.map((what) => row('cannot', 'skipped', what)),
    ]
  })
}

/** How jails are built, as the configuration says. */
export type Chosen = Config['agents']['sandbox']

/** Agents run only if at least one permitted provider works, and if each working one prevented every attempt. */
export function isSafe(rows: readonly SandboxRow[], chosen: Chosen): boolean {
  const used = rows.filter(({ id }) => chosen === 'auto' || id.startsWith(`sandbox.${chosen}.`))
  return used.some(({ outcome }) => outcome === 'ok') && used.every(({ outcome }) => outcome !== 'fail')
}
