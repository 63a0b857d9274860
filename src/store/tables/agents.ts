// Agents that people added, as signed bytes, and the tasks they were given.
import type { Database } from '../level/database.ts'
import { bytes, type Checked, listOf, maybe, number, orNull, shape, text, whole } from '../level/is.ts'
import { definePeoplesTable, NOBODY, peopleIn, rowOfAny } from '../level/table.ts'

const task = shape({
  uid: whole,
  id: text,
  agent: text,
  tool: text,
  /** Canonical JSON of the arguments. */
  input: text,
  why: text,
  trace_id: text,
  state: text,
  /** The last number that an event got. */
  seq: whole,
  events: listOf(
    shape({
      seq: whole,
      at: whole,
      state: text,
      message: orNull(text),
      progress: orNull(shape({ done: number, total: orNull(number) })),
    }),
  ),
  /** Id of the approval that it waits for, or waited for. */
  approval: orNull(text),
  created_at: whole,
  ended_at: orNull(whole),
  /** The node or operator of another machine that gave the task; absent: a person of this machine did. */
  by: maybe(
    shape({
      /** Node id. */
      node: text,
      /** Node id form of the operator's key; absent: the node asks for itself. */
      operator: maybe(text),
      /** What the operator's certificate, or this machine, calls them; for people. */
      name: maybe(text),
    }),
  ),
})
/** A task without its result. */
export type TaskRow = Checked<typeof task>

/** A row that says nothing but what its key does not. */
const kept = <Value>(kind: number, value: (row: unknown) => row is Value) =>
  definePeoplesTable({
    keyspace: 'agents',
    kind,
    value,
    pack: (row: { readonly id: string; readonly value: Value }) => row.value,
    unpack: (is, id) => ({ id, value: is }),
  })
/** Signed manifests as they were written; the reader verifies them. */
const manifests = kept(1, bytes)
const tasks = definePeoplesTable({ keyspace: 'agents', kind: 2, value: task })
/** JSON. */
const results = kept(3, text)

export const isAgentRow = rowOfAny(manifests, tasks, results)
export type AgentRepository = ReturnType<typeof createAgentRepository>

export function createAgentRepository(db: Database) {
  const [signed, given, said] = [manifests.in(db), tasks.in(db), results.in(db)]
  return {
    /** Durable (fsync) when it resolves, as `removeManifest`. */
    putManifest: ({
      uid,
      id,
      bytes: value,
    }: {
      readonly uid: number
      readonly id: string
      readonly bytes: Uint8Array
    }) => signed.write(uid, { put: [{ id, value }] }),
    removeManifest: (uid: number, id: string) => signed.write(uid, { remove: [id] }),
    /** No bytes for one that is damaged, which no signature fits. */
    manifest: async (uid: number, id: string) =>
      (await signed.has(uid, id)) ? ((await signed.get(uid, id))?.value ?? new Uint8Array()) : undefined,
    async manifests() {
      const found: { readonly uid: number; readonly id: string }[] = []
      for (const uid of await peopleIn(db, 'agents'))
        for (const id of await signed.ids(uid)) found.push({ uid, id })
      return found
    },
    /** Task and result in one batch; durable when it resolves, unless `lazy`: such a write outlives a kill, but not a power cut. */
    putTask: (row: TaskRow, { result, lazy }: { readonly result?: string; readonly lazy?: true } = {}) =>
      db.batch(
        [
          ...tasks.changes(row.uid, { put: [row] }),
          ...results.changes(row.uid, { put: result === undefined ? [] : [{ id: row.id, value: result }] }),
        ],
        { sync: lazy !== true },
      ),
    /** Every task of everybody and of other machines, or of one person, or those of that person whose ids begin with `prefix`. */
    async tasks(uid?: number, prefix = ''): Promise<readonly TaskRow[]> {
      const people = uid === undefined ? [...(await peopleIn(db, 'agents')), NOBODY] : [uid]
      const all = await Promise.all(people.map((person) => given.all(person, prefix)))
      return all.flatMap((rows, i) => rows.filter((row) => row.uid === people[i]))
    },
    async task(uid: number, id: string) {
      const row = await given.get(uid, id)
      return row?.uid === uid ? row : undefined
    },
    /** Undefined for a task that has none. */
    result: async (uid: number, id: string) => (await said.get(uid, id))?.value,
    removeTasks: (uid: number, ids: readonly string[]) =>
      db.batch([tasks, results].flatMap((table) => table.changes(uid, { remove: ids }))),
  }
}
