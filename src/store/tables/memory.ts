// Notes, prompts and plans of people, stored by person, so that they are removed with the person.
import { orElse } from '../../base/run/or-else.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const VALUE_VERSION = 1
// memory ‖ person u32 ‖ kind of row ‖ id
const KINDS = { note: 1, prompt: 2, plan: 3 } as const
type Kind = keyof typeof KINDS
const KIND_AT = UID_AT + 4
const ID_AT = KIND_AT + 1

export interface NoteRow {
  readonly id: string
  readonly text: string
  /** `person`, or the id of the agent whose result it is. */
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly created_at: number
  /** Embedding as 32-bit floats, little-endian; empty: there is none. */
  readonly vector: Uint8Array
  /** The model and endpoint that gave it; empty without one. */
  readonly vector_by: string
}

export interface PromptRow {
  /** Its name. */
  readonly id: string
  /** The newest last. */
  readonly versions: readonly {
    readonly version: number
    readonly text: string
    readonly created_at: number
  }[]
}

export interface PlanRow {
  readonly id: string
  readonly goal: string
  /** Milliseconds since the epoch. */
  readonly created_at: number
  /** How it was made, for people. */
  readonly made_by: string
  readonly notes: readonly string[]
  readonly steps: readonly {
    readonly id: string
    readonly what: string
    readonly after: readonly string[]
    /** Empty: a person runs `command`. */
    readonly agent: string
    readonly tool: string
    /** Canonical JSON of the arguments. */
    readonly input: string
    /** Arguments that are results of other steps, by their ids; absent: none. */
    readonly takes?: Readonly<Record<string, string>>
    /** Canonical JSON of the arguments with those results, once it was given as a task. */
    readonly given?: string
    /** The command that a person runs; empty for the tool of an agent. */
    readonly command: string
    readonly class: string
    readonly kind: string
    /** The person says that it is done. */
    readonly done: boolean
    /** The risks of `command`, for people; absent if none are known. */
    readonly warning?: string
    /** Number of the last task that was given for it, written before that; absent: none. */
    readonly attempt?: number
    /**
     * The outcome of that task, because the task is removed before the plan; absent: it has not ended, or its end was
     * not seen.
     */
    readonly over?: 'completed' | 'ran' | 'never ran'
  }[]
}

interface Rows {
  readonly note: NoteRow
  readonly prompt: PromptRow
  readonly plan: PlanRow
}

export interface MemoryRepository {
  /** Of one person and kind; a damaged row is left out. */
  all<K extends Kind>(uid: number, kind: K): Promise<readonly Rows[K][]>
  get<K extends Kind>(uid: number, kind: K, id: string): Promise<Rows[K] | undefined>
  /** One batch, durable (fsync) when it resolves. */
  write<K extends Kind>(
    uid: number,
    kind: K,
    change: { readonly put?: readonly Rows[K][]; readonly remove?: readonly string[] },
  ): Promise<void>
}

export function createMemoryRepository(db: Database): MemoryRepository {
  const kindOf = (kind: Kind) => ({ bytes: Uint8Array.of(KINDS[kind]) })
  const keyOf = (uid: number, kind: Kind, id: string): Buffer =>
    makeKey('memory', { u32: uid }, kindOf(kind), { text: id })
  const read = <K extends Kind>(key: Uint8Array, value: Uint8Array): readonly Rows[K][] => {
    return orElse(() => (isMemoryRow(key, value) ? [decodeValue<Rows[K]>(VALUE_VERSION, value)] : []), [])
  }
  return {
    async all<K extends Kind>(uid: number, kind: K) {
      const rows: Rows[K][] = []
      for await (const [key, value] of db.iterator(keyRange('memory', { u32: uid }, kindOf(kind))))
        rows.push(...read<K>(key, value))
      return rows
    },
    async get<K extends Kind>(uid: number, kind: K, id: string) {
      const key = keyOf(uid, kind, id)
      const value = await db.get(key)
      return value === undefined ? undefined : read<K>(key, value)[0]
    },
    async write(uid, kind, { put = [], remove = [] }) {
      const changes: readonly Change[] = [
        ...remove.map((id) => delRow(keyOf(uid, kind, id))),
        ...put.map((row): Change => {
          const value = encodeValue(VALUE_VERSION, row)
          return putRow(keyOf(uid, kind, row.id), value)
        }),
      ]
      await db.batch([...changes], { sync: true })
    },
  }
}

const isText = (value: unknown): boolean => typeof value === 'string'

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isMemoryRow(key: Uint8Array, value: Uint8Array): boolean {
  const row = decodeValue<unknown>(VALUE_VERSION, value) as Partial<NoteRow & PromptRow & PlanRow>
  if (key.length <= ID_AT || row.id !== Buffer.from(key.subarray(ID_AT)).toString('utf8')) return false
  switch (key[KIND_AT]) {
    case KINDS.note:
      return (
        [row.text, row.source, row.vector_by].every(isText) &&
        Number.isSafeInteger(row.created_at) &&
        row.vector instanceof Uint8Array
      )
    case KINDS.prompt:
      return (
        Array.isArray(row.versions) &&
        row.versions.length > 0 &&
        row.versions.every(({ version, text }) => Number.isSafeInteger(version) && isText(text))
      )
    case KINDS.plan:
      return (
        [row.goal, row.made_by].every(isText) &&
        Array.isArray(row.notes) &&
        Array.isArray(row.steps) &&
        row.steps.every(
          ({ id, agent, tool, input, after }) =>
            [id, agent, tool, input].every(isText) && Array.isArray(after),
        )
      )
    default:
      return false
  }
}
