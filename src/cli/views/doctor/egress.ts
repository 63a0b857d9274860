// View of the daemon's sockets; those without a known reason come first.
import type { Explained } from '../../doctor/egress.ts'
import { type Screen, table } from '../../terminal/table.ts'

/** Ends with a newline. */
export function egressView(sockets: readonly Explained[], screen: Screen): string {
  const foreign = sockets.filter(({ why }) => why === null)
  const rows = table(screen, [...foreign, ...sockets.filter(({ why }) => why !== null)], {
    fd: 'fd',
    kind: 'kind',
    local: { value: ({ local }) => local || '–', shrink: true, keep: 'end' },
    remote: { value: ({ remote }) => remote || '–', shrink: true, keep: 'end' },
    why: {
      value: ({ why }) => why ?? 'no known reason',
      style: ({ why }) => (why === null ? 'red' : undefined),
      wrap: true,
    },
  })
  const count = sockets.length
  const all = `${count} ${count === 1 ? 'socket is' : 'sockets are'} open`
  return `${rows}\n${all}${foreign.length === 0 ? ', each with a known reason.' : `; ${foreign.length} of them without a known reason.`}\n`
}
