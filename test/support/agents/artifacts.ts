// Artifacts of one machine for tests, in a real database.
import { createArtifacts } from '../../../src/agents/artifacts/artifacts.ts'
import { type Owner, PART_BYTES, PIECE_BYTES } from '../../../src/agents/artifacts/types.ts'
import { type Clock, systemRandom as random, systemTimers, type Timers } from '../../../src/base/clock.ts'
import { blake3 } from '../../../src/base/hash.ts'
import { toHex } from '../../../src/base/hex.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { redactProse } from '../../../src/observe/prose.ts'
import { createArtifactRepository } from '../../../src/store/tables/artifacts.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import type { Identity } from '../../../src/trust/identity/index.ts'
import { temporaryDatabase } from '../data/database.ts'
import { testIdentity } from '../mesh/identity.ts'

export const ANN: Owner = { person: 1000, traceId: 'a'.repeat(32) }
export const hashOf = (bytes: Uint8Array): string => toHex(blake3([bytes]))

/** As long as asked, no text, and no piece of it is another one. */
export const content = (size: number): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, i) =>
      Buffer.alloc(PIECE_BYTES, `\xff\0\x80 piece ${i}, `, 'latin1'),
    ),
  ).subarray(0, size)

interface Options {
  readonly clock: Clock
  readonly identity?: Identity
  readonly ledger?: AuditRecord[]
  readonly timers?: Timers
}

export async function artifactRig({
  clock,
  identity = testIdentity(1),
  ledger = [],
  timers = systemTimers,
}: Options) {
  const db = await temporaryDatabase()
  const repository = createArtifactRepository(db)
  const record = async (entry: AuditRecord) => void ledger.push(entry)
  const artifacts = createArtifacts({
    redact: redactProse,
    identity,
    repository,
    random,
    log: silentLog,
    timers,
    audit: { record, insist: record },
    clock,
  })
  async function put(bytes: Buffer, owner = ANN, more: Partial<typeof coming> = {}) {
    const key = await artifacts.begin(owner, { ...coming, ...more })
    for (let at = 0; at < bytes.length; at += PART_BYTES)
      await artifacts.add(owner, key, at, bytes.subarray(at, at + PART_BYTES))
    return artifacts.finish(owner, key, undefined)
  }
  async function read(id: string, owner = ANN, from = 0): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    for await (const chunk of artifacts.read(owner, id, from)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  return { artifacts, repository, db, ledger, put, read }
}

/** What is said of content before it comes. */
export const coming = { name: 'plan.txt', media_type: 'text/plain', source: 'person', expires_at: null }
