// Runs checks and puts what they found together; and the safe fixes, one by one.
import { CHECKS, type Check, type CheckId } from './catalogue.ts'
import { PROBES, type Probe } from './probes.ts'
import { type CheckResult, type Finding, resultOf, type SafeFix, skipped } from './result.ts'
import type { World } from './world.ts'

export interface Examined {
  readonly result: CheckResult
  /** What `--fix` would do about it. */
  readonly safe: readonly SafeFix[]
}

/** All of `ids`, side by side, in their order. A check that cannot be done is skipped and says why; it fails no other. */
export async function examine(
  world: World,
  ids: readonly CheckId[],
  probes: Readonly<Record<CheckId, Probe>> = PROBES,
): Promise<readonly Examined[]> {
  return Promise.all(
    ids.map(async (id) => {
      const findings = await look(world, id, probes[id])
      return { result: resultOf(id, findings), safe: findings.flatMap(({ safe }) => safe ?? []) }
    }),
  )
}

async function look(world: World, id: CheckId, probe: Probe): Promise<readonly Finding[]> {
  try {
    const { looksAt }: Check = CHECKS[id]
    if (looksAt !== 'files' && (await world.daemon()).kind !== 'up') {
      return [skipped('only a daemon that runs can tell')]
    }
    if (looksAt === 'admin' && (await world.facts())?.limited === true) {
      return [skipped('only administrators may see this: sudo karo doctor')]
    }
    return [await probe(world)].flat()
  } catch (error) {
    return [skipped(`it could not be checked: ${error instanceof Error ? error.message : String(error)}`)]
  }
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
      if (dry) return { id, says }
      try {
        apply()
        return { id, says }
      } catch (error) {
        return { id, says, failed: error instanceof Error ? error.message : String(error) }
      }
    }),
  )
}
