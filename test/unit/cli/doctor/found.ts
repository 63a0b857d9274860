// What a check finds, by what the daemon says and by what else is known.
import type { DaemonFacts } from '../../../../src/api/contract/shapes.ts'
import { CHECKS, type CheckId } from '../../../../src/cli/doctor/catalogue.ts'
import type { Finding } from '../../../../src/cli/doctor/check.ts'
import type { World } from '../../../../src/cli/doctor/world.ts'

export type Found = Finding | undefined | readonly Finding[]

/** Without what is better than a warning, beside one. */
export async function found(id: CheckId, facts: object, known: object = {}): Promise<readonly Finding[]> {
  const world = { uid: 1000, homeFlag: '', now: () => 0, ...known } as unknown as World
  const check = CHECKS[id]
  const told = check.looksAt ? check.look(facts as DaemonFacts, world) : check.look(world)
  const all = [(await told) ?? []].flat()
  const bad = all.filter(({ outcome }) => outcome === 'warn' || outcome === 'fail')
  return bad.length > 0 ? bad : all
}

/** What is found in each case, line by line: outcome, detail, the fix, and what `--fix` may do. */
export async function told(cases: Readonly<Record<string, Found | Promise<Found>>>): Promise<string> {
  const lines: string[] = []
  for (const [title, found] of Object.entries(cases)) {
    lines.push(`${title}:`)
    for (const { outcome, detail, fix, safe } of [(await found) ?? []].flat()) {
      lines.push(`  ${outcome} ${detail}`)
      for (const line of fix?.split('\n') ?? []) lines.push(`    $ ${line}`)
      if (safe !== undefined) lines.push(`    --fix: ${safe.says}`)
    }
  }
  return lines.join('\n')
}
