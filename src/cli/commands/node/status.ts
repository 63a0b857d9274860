// `karo status`: the node at a glance, and what to do about whatever is wrong.
import { callDaemon, STATUS_MS } from '../../../api/contract/client.ts'
import type { StatusShape } from '../../../api/contract/shapes.ts'
import { EXIT } from '../../../base/errors.ts'
import type { Command } from '../../command.ts'
import { statusView } from '../../views/status.ts'

export const status: readonly Command[] = [
  {
    name: 'status',
    summary: 'node, mesh, spool and storage at a glance',
    args: [],
    options: [],
    examples: [
      { run: 'karo status', does: 'what runs here and what is wrong' },
      { run: 'karo status --json', does: 'the same for scripts; health.ready says whether it can be used' },
    ],
    async run(io) {
      const shape = (await callDaemon(io, 'GET', '/api/v1/status', undefined, STATUS_MS)) as StatusShape
      io.out(io.json ? `${JSON.stringify(shape)}\n` : statusView(shape, io))
      return EXIT.done
    },
  },
]
