// Notes, prompts and plans of people.
import type { Database } from '../level/database.ts'
import { bytes, type Checked, flag, listOf, mapOf, maybe, oneOf, shape, text, whole } from '../level/is.ts'
import { definePeoplesTable, rowOfAny } from '../level/table.ts'

const note = shape({
  id: text,
  text,
  /** `person`, or the id of the agent whose result it is. */
  source: text,
  created_at: whole,
  /** Embedding as 32-bit floats, little-endian; empty: there is none. */
  vector: bytes,
  /** The model and endpoint that gave it; empty without one. */
  vector_by: text,
})
export type NoteRow = Checked<typeof note>

const prompt = shape({
  /** Its name. */
  id: text,
  /** The newest last. */
  versions: listOf(shape({ version: whole, text, created_at: whole })),
})
export type PromptRow = Checked<typeof prompt>

const plan = shape({
  id: text,
  goal: text,
  created_at: whole,
  /** How it was made, for people. */
  made_by: text,
  notes: listOf(text),
  steps: listOf(
    shape({
      id: text,
      what: text,
      after: listOf(text),
      /** Empty: a person runs `command`. */
      agent: text,
      tool: text,
      /** Canonical JSON of the arguments. */
      input: text,
      /** Arguments that are results of other steps, by their ids; absent: none. */
      takes: maybe(mapOf(text)),
      /** Canonical JSON of the arguments with those results, once it was given as a task. */
      given: maybe(text),
      /** The command that a person runs; empty for the tool of an agent. */
      command: text,
      class: text,
      kind: text,
      /** The person says that it is done. */
      done: flag,
      /** The risks of `command`, for people; absent if none are known. */
      warning: maybe(text),
      /** Number of the last task that was given for it, written before that; absent: none. */
      attempt: maybe(whole),
      /**
       * The outcome of that task, because the task is removed before the plan; absent: it has not ended, or its end was
       * not seen.
       */
      over: maybe(oneOf('completed', 'ran', 'never ran')),
    }),
  ),
})
export type PlanRow = Checked<typeof plan>

const notes = definePeoplesTable({ keyspace: 'memory', kind: 1, value: note })
const prompts = definePeoplesTable({ keyspace: 'memory', kind: 2, value: prompt })
const plans = definePeoplesTable({ keyspace: 'memory', kind: 3, value: plan })

export const isMemoryRow = rowOfAny(notes, prompts, plans)
export type { Rows } from '../level/table.ts'
export type MemoryRepository = ReturnType<typeof createMemoryRepository>
export const createMemoryRepository = (db: Database) => ({
  notes: notes.in(db),
  prompts: prompts.in(db),
  plans: plans.in(db),
})
