// /memory and /prompts: each person has their own notes and prompts.
import * as api from '../../contract/operations/agents/memory.ts'
import { type Rooms, type Routes, serve, shown } from '../../server/index.ts'
import { whileOpen } from './while-open.ts'

/** Errors: those of `Memory` and `Prompts`. */
export function memoryRoutes({ memory, prompts }: Rooms): Routes {
  return (server) => {
    serve(server, api.getNotes, async ({ caller }) => ({
      notes: (await memory.list(caller.person)).map(shown),
    }))
    serve(server, api.searchNotes, async ({ caller, query }, reply) => {
      const found = await memory.search(caller.person, query.q, query.limit, whileOpen(reply))
      const notes = found.notes.map((one) => one.slice(0, 1_024))
      return { ...found, hits: found.hits.map(shown), notes }
    })
    serve(server, api.addNote, async ({ caller, body }) => shown(await memory.add(caller.person, body.text)))
    serve(server, api.forgetNote, async ({ caller, body }) =>
      shown(await memory.forget(caller.person, body.id)),
    )
    serve(server, api.getPrompts, async ({ caller }) => ({
      prompts: (await prompts.list(caller.person)).map(shown),
    }))
    serve(server, api.addPrompt, async ({ caller, body }) => {
      const { prompt, known } = await prompts.add(caller.person, body.name, body.text)
      return { ...shown(prompt), known }
    })
    serve(server, api.showPrompt, async ({ caller, query }) =>
      shown(await prompts.show(caller.person, query.name, query.version)),
    )
    serve(server, api.getPromptVersions, async ({ caller, query }) => ({
      prompts: (await prompts.versions(caller.person, query.name)).map(shown),
    }))
    serve(server, api.renderPrompt, async ({ caller, body }) => {
      const values = Object.fromEntries(body.values.map(({ name, value }) => [name, value]))
      const { prompt, text } = await prompts.render(caller.person, body.name, values, body.version)
      return { name: prompt.name, version: prompt.version, text }
    })
    serve(server, api.removePrompt, async ({ caller, body }) =>
      shown(await prompts.remove(caller.person, body.name)),
    )
  }
}
