// How far the ledger was sent to each target of `forward.to`.
import type { Database } from '../level/database.ts'
import { makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

export interface Forwarded {
  /** Number of the last entry that the target has. */
  readonly sent: number
  /** Number of the last entry that may have reached it; never below `sent`. */
  readonly tried: number
}

export interface ForwardedRepository {
  /** Undefined before anything was sent there, and where the row is damaged. */
  get(target: string): Promise<Forwarded | undefined>
  /** Survives a kill of the process when it resolves; after a power cut an earlier row may be back. */
  put(target: string, at: Forwarded): Promise<void>
}

const VALUE_VERSION = 1
const keyOf = (target: string): Buffer => makeKey('forwarded', { text: target })

export function createForwardedRepository(db: Database): ForwardedRepository {
  return {
    async get(target) {
      const value = await db.get(keyOf(target))
      return value === undefined ? undefined : readForwarded(value)
    },
    put: (target, { sent, tried }) => db.put(keyOf(target), encodeValue(VALUE_VERSION, [sent, tried])),
  }
}

/** Undefined for a damaged row. */
export function readForwarded(value: Uint8Array): Forwarded | undefined {
  try {
    const [sent, tried] = decodeValue<[number, number]>(VALUE_VERSION, value)
    const isWhole = Number.isSafeInteger(sent) && sent >= 0 && Number.isSafeInteger(tried) && tried >= sent
    return isWhole ? { sent, tried } : undefined
  } catch {
    return undefined
  }
}
