// What every part of the room of totals may use.
import type { Layout } from '../aggregates/index.ts'
import type { TotalsDeps } from './deps.ts'
import type { Releases } from './releases.ts'
import type { Roster } from './roster.ts'

export interface TotalsParts extends TotalsDeps {
  /** By type. */
  readonly layouts: ReadonlyMap<string, Layout>
  readonly roster: () => Roster
  readonly releases: Releases
}
