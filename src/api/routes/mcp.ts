// /mcp: each time an AI coding tool reads a person's history, the ledger says so.
import { noteRead } from '../contract/operations/mcp.ts'
import { type Rooms, type Routes, serve } from '../server/index.ts'

export function mcpRoutes({ audit }: Rooms): Routes {
  return (server) => {
    serve(server, noteRead, async ({ caller, body: { events, total }, id }) => {
      await audit.record({
        type: 'mcp_history_read',
        success: true,
        trace_id: id,
        details: { uid: caller.person, events, total },
      })
      return { noted: true } as const
    })
  }
}
