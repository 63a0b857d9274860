// Whether this program would write such a row: judged by its key and its decoded value.

import { orElse } from '../../base/run/or-else.ts'
import { isImportRow } from '../events/imports/pieces.ts'
import { decodeWithoutText } from '../events/rows.ts'
import { natural } from '../level/is.ts'
import { EVENT_KEY_BYTES, UID_AT } from '../level/key-of-event.ts'
import { KEYSPACES, type Keyspace } from '../level/keyspace.ts'
import { createNumberSet } from '../level/number-set.ts'
import { decodeValue } from '../level/value.ts'
import { isProcessRow } from '../processes/rows.ts'
import { decodeRollup } from '../rollups/rollups.ts'
import { isAgentRow } from '../tables/agents.ts'
import { isAnomalyRow } from '../tables/anomalies.ts'
import { isArtifactRow } from '../tables/artifacts.ts'
import { isConsentRow } from '../tables/consent.ts'
import { isFleetRow } from '../tables/fleet.ts'
import { forwarded } from '../tables/forwarded.ts'
import { isMemberRow } from '../tables/members.ts'
import { isMemoryRow } from '../tables/memory.ts'
import { isPersonRow } from '../tables/people.ts'
import { tokens } from '../tables/tokens.ts'
import { isVaultRow } from '../tables/vault.ts'

const NAMES: ReadonlyMap<number, Keyspace> = new Map(
  Object.entries(KEYSPACES).map(([name, number]) => [number, name as Keyspace]),
)

/** Undefined for a key that no version of Karo wrote. */
export const keyspaceOf = (key: Uint8Array): Keyspace | undefined => NAMES.get(key[0] ?? 0)

type Check = (key: Uint8Array, value: Uint8Array) => boolean

const UID_KEY = UID_AT + 4
const decodes = (value: Uint8Array): boolean => decodeValue<unknown>(value) !== undefined

/** Rows that have no repository, or whose repository handles damage itself, are kept as they are. */
const any: Check = () => true

function isRollup(key: Uint8Array, value: Uint8Array): boolean {
  if (key.length !== UID_KEY + 4) return false
  const { count, failures, duration_ms, hourly, guard, generated } = decodeRollup(value)
  const numbers = [count, failures, duration_ms, ...hourly, ...Object.values(guard), generated]
  return numbers.every(natural) && hourly.length === 24
}

function isCommand(key: Uint8Array, value: Uint8Array): boolean {
  const kind = key[UID_KEY]
  if (kind === 3 || kind === 4 || kind === 5) return key.length === UID_KEY + 1 && decodes(value)
  if (kind === 2) return key.length === UID_KEY + 1 + 16 && natural(decodeValue(value))
  return kind === 1 && key.length === UID_KEY + 1 + 4 && typeof decodeValue(value) === 'string'
}

function countOfPerson(key: Uint8Array, value: Uint8Array): boolean {
  return key.length === UID_KEY && natural(decodeValue(value))
}

function isEvent(key: Uint8Array, value: Uint8Array): boolean {
  if (key.length !== EVENT_KEY_BYTES) return false
  const { cwd, category, tool, shell } = decodeWithoutText(key, value)
  return [cwd as unknown, category, tool, shell].every((text) => typeof text === 'string')
}

const CHECKS: Readonly<Record<Keyspace, Check>> = {
  meta: any,
  documents: any,
  query_cache: any,
  approvals: any,
  capabilities: any,
  events: isEvent,
  commands: isCommand,
  rollups_hour: isRollup,
  rollups_day: isRollup,
  command_days(key, value) {
    createNumberSet().addEncoded(decodeValue<Uint8Array>(value))
    return key.length === UID_KEY + 4
  },
  event_counts: countOfPerson,
  rollups_from: countOfPerson,
  consent: isConsentRow,
  api_tokens: tokens.isRow,
  members: isMemberRow,
  replay: (key, value) => key.length === 1 + 8 + 1 + 32 + 16 && value.length === 0,
  audit: (_, value) => decodes(value),
  spool_offsets: (_, value) => decodes(value),
  imports: isImportRow,
  processes: isProcessRow,
  anomalies: isAnomalyRow,
  agents: isAgentRow,
  vault: isVaultRow,
  artifacts: isArtifactRow,
  memory: isMemoryRow,
  fleet: isFleetRow,
  forwarded: forwarded.isRow,
  people: isPersonRow,
}

/** False for a row that cannot be used. Never throws. */
export function isSound(keyspace: Keyspace, key: Uint8Array, value: Uint8Array): boolean {
  return orElse(() => CHECKS[keyspace](key, value), false)
}
