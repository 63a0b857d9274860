// Runs checks and puts what they found together; and the safe fixes, one by one.
import { sayWhy } from '../../base/errors.ts'
import { CHECKS, type CheckId } from './catalogue.ts'
import { type Check, type Finding, type Outcome, type SafeFix, skipped, Unknown } from './check.ts'
import type { World } from './world.ts'

export interface CheckResult {
  readonly id: CheckId
  readonly title: string
  readonly outcome: Outcome
  readonly detail: string
  /** Only of a warning or failure. */
  readonly fix?: string
  readonly why?: string
}

export interface Examined {
  readonly result: CheckResult
  /** What `--fix` would do about it. */
  readonly safe: readonly SafeFix[]
}

/** All of `ids`, side by side, in their order. A check that cannot be done is skipped and says why; it fails no other. */
export async function examine(
  world: World,
  ids: readonly CheckId[],
  checks: Readonly<Record<CheckId, Check>> = CHECKS,
): Promise<readonly Examined[]> {
  return Promise.all(
    ids.map(async (id) => {
      const findings = await look(world, checks[id])
      return { result: resultOf(id, findings), safe: findings.flatMap(({ safe }) => safe ?? []) }
    }),
  )
}

async function look(world: World, check: Check): Promise<readonly Finding[]> {
  try {
    if (check.looksAt === undefined) return [(await check.look(world)) ?? []].flat()
    const facts = await world.facts()
    if (facts === undefined) return [skipped('only a daemon that runs can tell')]
    if (check.looksAt === 'admin' && facts.limited === true)
      return [skipped('only administrators may see this: sudo karo doctor')]
    return [(await check.look(facts, world)) ?? []].flat()
  } catch (error) {
    const why = sayWhy(error)
    return [skipped(error instanceof Unknown ? why : `it could not be checked: ${why}`)]
  }
}

const WORST_LAST: readonly Outcome[] = ['skipped', 'ok', 'warn', 'fail']
/** Details that one result holds; a check of a thousand peers says how many more there are. */
const MOST_DETAILS = 8

/**
 * The worst outcome decides. What is better than a warning is not mentioned beside one; several fixes are lines, each once.
 * A check that only warns does not fail. No finding at all is ok.
 */
export function resultOf(id: CheckId, findings: readonly Finding[]): CheckResult {
  const { title, why, severity, fix: general } = CHECKS[id]
  const worst = WORST_LAST.findLast((one) => findings.some(({ outcome }) => outcome === one)) ?? 'ok'
  const isBad = worst === 'warn' || worst === 'fail'
  const told = findings.filter(({ outcome }) =>
    isBad ? outcome === 'warn' || outcome === 'fail' : outcome === worst,
  )
  const shown = told.slice(0, MOST_DETAILS)
  const more = told.length - shown.length
  const detail = [...shown.map((one) => one.detail), more > 0 && `and ${more} more`]
    .filter(Boolean)
    .join('; ')
  if (!isBad) return { id, title, outcome: worst, detail }
  const fixes = new Set(shown.map(({ fix }) => fix ?? general))
  const outcome = worst === 'fail' ? severity : worst
  return { id, title, outcome, detail, fix: [...fixes].join('\n'), why }
}

export interface Deed {
  readonly id: CheckId
  readonly says: string
  /** Why it could not be done. */
  readonly failed?: string
}

/** Does what is safe about these results; with `dry` only says it. */
export function mend(examined: readonly Examined[], dry: boolean): readonly Deed[] {
  return examined.flatMap(({ result: { id }, safe }) =>
    safe.map(({ says, apply }): Deed => {
      try {
        if (!dry) apply()
        return { id, says }
      } catch (error) {
        return { id, says, failed: sayWhy(error) }
      }
    }),
  )
}
