// A vault on a database of its own, with a clock, timers and a ledger that a test sees; something can happen at each of its awaits.
import type { Asking, Owner } from '../../../src/agents/vault/types.ts'
import { createVault } from '../../../src/agents/vault/vault.ts'
import { systemRandom as random } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { keyRange } from '../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { createVaultRepository, type SecretRow } from '../../../src/store/tables/vault.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { temporaryDatabase } from '../data/database.ts'
import { VirtualTime } from '../run/virtual-time.ts'

export const ANN: Owner = { person: 1000, traceId: 'a'.repeat(32) }
export const BOB: Owner = { person: 1001, traceId: 'b'.repeat(32) }
export const CANARY = 'sk-canary-0123456789abcdef'
export const words = (text = 'correct horse'): Buffer => Buffer.from(text)
export const asking: Asking = {
  agent: 'kExecutor:build',
  manifest: 'd'.repeat(64),
  tools: ['read'],
  wants: [{ variable: 'TOKEN', secret: 'token' }],
}
export const to = { agent: asking.agent, manifest: asking.manifest, tools: [] }

export async function rig({ db, credential }: { db?: Database; credential?: string } = {}) {
  const database = db ?? (await temporaryDatabase())
  // `up` goes on with what timers see; the clock can be set, and stands elsewhere after the machine was suspended.
  const time = { now: 1_800_000_000_000, up: 0, days: 0 }
  const hook: { at: (what: 'load' | 'write' | 'tell') => void } = { at: () => {} }
  const repository = createVaultRepository(database)
  const ledger: AuditRecord[] = []
  const timers = new VirtualTime()
  const vault = createVault({
    repository: {
      ...repository,
      async load(uid) {
        const rows = await repository.load(uid)
        hook.at('load')
        return rows
      },
      async write(uid, change) {
        hook.at('write')
        await repository.write(uid, change)
      },
    },
    audit: {
      async insist(entry) {
        hook.at('tell')
        ledger.push(entry)
      },
      // As the real one, which drops what it cannot write.
      async record(entry) {
        ledger.push(entry)
      },
    },
    credential: () => (credential === undefined ? undefined : Buffer.from(credential)),
    rotateDays: () => time.days,
    clock: { now: () => time.now, monotonic: () => time.up },
    timers,
    random,
    log: silentLog,
  })
  const pass = async (ms: number): Promise<void> => {
    time.now += ms
    time.up += ms
    timers.advance(ms)
    // A look at what is over waits for its turn as everything else.
    await vault.lock(BOB)
    await vault.list(BOB)
  }
  const rows = () => database.iterator(keyRange('vault')).all()
  /** A secret's row as a hand with access to the database changes it. */
  async function forge(name: string, change: (row: SecretRow) => SecretRow): Promise<void> {
    for (const [key, value] of await rows()) {
      const row = decodeValue<SecretRow>(value)
      if (row.name === name) await database.put(key, encodeValue(change(row)))
    }
  }
  const set = (name: string, value: string, more: object = {}, owner = ANN) =>
    vault.set(owner, { name, value: Buffer.from(value), ...more })
  const reveal = async (name: string, owner = ANN) => (await vault.reveal(owner, name)).toString()
  const problemOf = async (name: string) => (await vault.list(ANN)).find((one) => one.name === name)?.problem
  return { vault, db: database, time, hook, ledger, pass, rows, forge, set, reveal, problemOf }
}
/** With a vault of Ann's that is unlocked, and one secret in it. */
export async function annsVault() {
  const made = await rig()
  await made.vault.init(ANN, words())
  await made.set('token', CANARY)
  return made
}
