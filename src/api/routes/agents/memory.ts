// /memory and /prompts: each person has their own notes and prompts.
import type { Memory, Note } from '../../../agents/memory/memory.ts'
import type { Prompt, Prompts } from '../../../agents/prompts/prompts.ts'
import * as api from '../../contract/operations/agents/memory.ts'
import type { NoteShape, PromptShape } from '../../contract/shapes.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'
import { whileOpen } from './while-open.ts'

/** Errors: those of `Memory` and `Prompts`. */
export function memoryRoutes({
  memory,
  prompts,
}: {
  readonly memory: Memory
  readonly prompts: Prompts
}): Routes {
  return (server) => {
    serve(server, api.getNotes, async ({ caller }) => ({
      notes: (await memory.list(caller.uid)).map(noteShape),
    }))
    serve(server, api.searchNotes, async ({ caller, query }, reply) => {
      const found = await memory.search(caller.uid, query.q, query.limit, whileOpen(reply))
      const hits = found.hits.map(({ score, by, ...note }) => ({ ...noteShape(note), score, by }))
      return { hits, searched_by: found.searchedBy, notes: found.notes.map((one) => one.slice(0, 1_024)) }
    })
    serve(server, api.addNote, async ({ caller, body }) => noteShape(await memory.add(caller.uid, body.text)))
    serve(server, api.forgetNote, async ({ caller, body }) =>
      noteShape(await memory.forget(caller.uid, body.id)),
    )
    serve(server, api.getPrompts, async ({ caller }) => ({
      prompts: (await prompts.list(caller.uid)).map(promptShape),
    }))
    serve(server, api.addPrompt, async ({ caller, body }) => {
      const { prompt, known } = await prompts.add(caller.uid, body.name, body.text)
      return { ...promptShape(prompt), known }
    })
    serve(server, api.showPrompt, async ({ caller, query }) =>
      promptShape(await prompts.show(caller.uid, query.name, query.version)),
    )
    serve(server, api.getPromptVersions, async ({ caller, query }) => ({
      prompts: (await prompts.versions(caller.uid, query.name)).map(promptShape),
    }))
    serve(server, api.renderPrompt, async ({ caller, body }) => {
      const values = Object.fromEntries(body.values.map(({ name, value }) => [name, value]))
      const { prompt, text } = await prompts.render(caller.uid, body.name, values, body.version)
      return { name: prompt.name, version: prompt.version, text }
    })
    serve(server, api.removePrompt, async ({ caller, body }) =>
      promptShape(await prompts.remove(caller.uid, body.name)),
    )
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

const noteShape = ({ id, text, source, createdAt }: Note): NoteShape => ({
  id,
  text,
  source,
  created_at: time(createdAt),
})

const promptShape = ({ createdAt, ...rest }: Prompt): PromptShape => ({
  ...rest,
  created_at: time(createdAt),
})
