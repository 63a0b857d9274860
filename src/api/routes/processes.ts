// /processes: what processes of the caller's shells use. Level 0, only for the owner of the shells.
import { revealLevel0 } from '../../base/level0/level0.ts'
import type { FoundProcess } from '../../observe/processes/index.ts'
import { getProcesses } from '../contract/operations/processes.ts'
import type { ProcessShape } from '../contract/shapes.ts'
import { type Rooms, type Routes, serve, shown } from '../server/index.ts'

export function processesRoutes({ processes }: Rooms): Routes {
  return (server) => {
    serve(server, getProcesses, async ({ query, caller }) => {
      const { since, now, ...filter } = query
      const from = since !== undefined && { since: Date.parse(since) }
      const found = await processes.search(caller.person, { ...filter, ...from }, now)
      return { processes: found.processes.map(shapeOf), total: found.total }
    })
  }
}

const shapeOf = (process: FoundProcess): ProcessShape => ({
  ...shown(process),
  name: revealLevel0(process.name),
})
