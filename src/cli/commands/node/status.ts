// `karo status`: shows the node at a glance, and what to do if something is wrong.
import { STATUS_MS } from '../../../api/contract/client/socket.ts'
import { getStatus } from '../../../api/contract/operations/status.ts'
import { defineCommand, show } from '../../command.ts'
import { statusView } from '../../views/status.ts'

export const commands = [
  defineCommand('status', {
    summary: 'show node, mesh, spool and storage at a glance',
    shows: getStatus,
    examples: {
      'karo status --json': 'the same for scripts; health.ready is true if all is well',
    },
    async run(io) {
      const shape = await io.call(getStatus, { deadlineMs: STATUS_MS })
      // Start files are read only where the view says something about them.
      const isHooked =
        shape.store.events === 0 &&
        (await import('../../shells/start-file-looks.ts')).hookedShells(io).length > 0
      return show(io, shape, (status, screen) => statusView(status, screen, isHooked))
    },
  }),
]
