// The policy of a node without policy files: the owner's layer and the built-in role table.
import { createPolicy, type Policy } from '../../../src/trust/policy/index.ts'

/** `teams`: those the node is in. */
export const plainPolicy = (teams: readonly string[] = []): Policy =>
  createPolicy({ teams: () => teams, k: () => 5, now: () => 0 })
