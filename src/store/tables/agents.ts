// Agents that people added, as signed bytes, and the tasks they were given: by person, so that they go with the person.
import { orElse } from '../../base/run/or-else.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const VALUE_VERSION = 1
// agents ‖ person u32 ‖ kind of row ‖ id
const MANIFEST = { bytes: Uint8Array.of(1) }
const TASK = { bytes: Uint8Array.of(2) }
const RESULT = { bytes: Uint8Array.of(3) }
const KIND_AT = UID_AT + 4
const ID_AT = KIND_AT + 1

interface ManifestRow {
  /** The person who added the agent. */
  readonly uid: number
  /** Id of the agent. */
  readonly id: string
  /** Signed manifests as they were written; the reader verifies them. */
  readonly bytes: Uint8Array
}

interface TaskEventRow {
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly state: string
  readonly message: string | null
  readonly progress: { readonly done: number; readonly total: number | null } | null
}

/** A task without its result. Times in ms since the epoch. */
export interface TaskRow {
  readonly uid: number
  readonly id: string
  readonly agent: string
  readonly tool: string
  /** Canonical JSON of the arguments. */
  readonly input: string
  readonly why: string
  readonly trace_id: string
  readonly state: string
  /** The last number that an event got. */
  readonly seq: number
  readonly events: readonly TaskEventRow[]
  /** Id of the approval that it waits for, or waited for. */
  readonly approval: string | null
  readonly created_at: number
  readonly ended_at: number | null
  /** The node or operator of another machine that gave the task; absent: a person of this machine did. */
  readonly by?: { readonly node: string; readonly operator?: string; readonly name?: string }
}

export interface AgentRepository {
  /** Durable (fsync) when it resolves, as `removeManifest`. */
  putManifest(row: ManifestRow): Promise<void>
  removeManifest(uid: number, id: string): Promise<void>
  manifest(uid: number, id: string): Promise<Uint8Array | undefined>
  manifests(): Promise<readonly ManifestRow[]>
  /** Task and result in one batch; durable when it resolves, unless `lazy`: such a write outlives a kill, but not a power cut. */
  putTask(row: TaskRow, options?: { readonly result?: string; readonly lazy?: true }): Promise<void>
  /** Every task of everybody, or of one person, or those of that person whose ids begin with `prefix`; a damaged one is left out. */
  tasks(uid?: number, prefix?: string): Promise<readonly TaskRow[]>
  task(uid: number, id: string): Promise<TaskRow | undefined>
  /** JSON; undefined for a task that has none. */
  result(uid: number, id: string): Promise<string | undefined>
  removeTasks(uid: number, ids: readonly string[]): Promise<void>
}

const keyOf = (uid: number, kind: typeof TASK, id: string): Buffer =>
  makeKey('agents', { u32: uid }, kind, { text: id })

export function createAgentRepository(db: Database): AgentRepository {
  async function rows(
    kind: typeof TASK,
    uid?: number,
    prefix = '',
  ): Promise<readonly (readonly [Uint8Array, Uint8Array])[]> {
    const range =
      uid === undefined ? keyRange('agents') : keyRange('agents', { u32: uid }, kind, { text: prefix })
    const all: [Uint8Array, Uint8Array][] = []
    for await (const [key, value] of db.iterator(range))
      if (key[KIND_AT] === kind.bytes[0]) all.push([key, value])
    return all
  }

  return {
    putManifest: ({ uid, id, bytes }) =>
      db.put(keyOf(uid, MANIFEST, id), encodeValue(VALUE_VERSION, bytes), { sync: true }),
    removeManifest: (uid, id) => db.del(keyOf(uid, MANIFEST, id), { sync: true }),
    async manifest(uid, id) {
      const value = await db.get(keyOf(uid, MANIFEST, id))
      return value === undefined ? undefined : bytesOf(value)
    },
    manifests: async () =>
      (await rows(MANIFEST)).map(([key, value]) => ({
        uid: readU32(key, UID_AT),
        id: Buffer.from(key.subarray(ID_AT)).toString('utf8'),
        bytes: bytesOf(value),
      })),
    async putTask(row, { result, lazy } = {}) {
      const changes: Change[] = [putRow(keyOf(row.uid, TASK, row.id), encodeValue(VALUE_VERSION, row))]
      if (result !== undefined)
        changes.push(putRow(keyOf(row.uid, RESULT, row.id), encodeValue(VALUE_VERSION, result)))
      await db.batch(changes, { sync: lazy !== true })
    },
    tasks: async (uid, prefix) =>
      (await rows(TASK, uid, prefix)).flatMap(([key, value]) => readTask(key, value) ?? []),
    async task(uid, id) {
      const key = keyOf(uid, TASK, id)
      const value = await db.get(key)
      return value === undefined ? undefined : readTask(key, value)
    },
    async result(uid, id) {
      const value = await db.get(keyOf(uid, RESULT, id))
      return value === undefined ? undefined : decodeValue<string>(VALUE_VERSION, value)
    },
    async removeTasks(uid, ids) {
      await db.batch(ids.flatMap((id) => [TASK, RESULT].map((kind) => delRow(keyOf(uid, kind, id)))))
    },
  }
}

function readTask(key: Uint8Array, value: Uint8Array): TaskRow | undefined {
  return orElse(
    () => (isAgentRow(key, value) ? decodeValue<TaskRow>(VALUE_VERSION, value) : undefined),
    undefined,
  )
}

/** A damaged manifest is no bytes, which no signature fits. */
function bytesOf(value: Uint8Array): Uint8Array {
  try {
    const bytes = decodeValue<unknown>(VALUE_VERSION, value)
    return bytes instanceof Uint8Array ? bytes : new Uint8Array()
  } catch {
    return new Uint8Array()
  }
}

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isAgentRow(key: Uint8Array, value: Uint8Array): boolean {
  if (key.length <= ID_AT) return false
  const row = decodeValue<unknown>(VALUE_VERSION, value)
  switch (key[KIND_AT]) {
    case MANIFEST.bytes[0]:
      return row instanceof Uint8Array
    case RESULT.bytes[0]:
      return typeof row === 'string'
    case TASK.bytes[0]: {
      const { uid, id, agent, tool, input, why, trace_id, state, seq, events, created_at, ended_at } =
        row as TaskRow
      return (
        uid === readU32(key, UID_AT) &&
        id === Buffer.from(key.subarray(ID_AT)).toString('utf8') &&
        [agent, tool, input, why, trace_id, state].every((text) => typeof text === 'string') &&
        [seq, created_at, ended_at ?? 0].every((number) => Number.isSafeInteger(number)) &&
        Array.isArray(events) &&
        events.every((event) => Number.isSafeInteger(event?.seq) && typeof event.state === 'string')
      )
    }
    default:
      return false
  }
}
