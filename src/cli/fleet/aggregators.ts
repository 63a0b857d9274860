// The nodes that compute totals, as karo ca init offers to name them in the first policy bundle of a mesh.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { getPeers } from '../../api/contract/operations/peers.ts'
import { KaroError } from '../../base/errors.ts'
import type { RootKey } from '../../trust/certificates/index.ts'
import type { CommandIo, CommandOption } from '../command.ts'
import { type Aggregators, aggregatorsNamed, handBundle } from '../policy/bundle.ts'
import { askLine, canAsk } from '../terminal/confirm.ts'

export const AGGREGATOR = {
  name: 'aggregator',
  value: 'node[=operator]',
  description:
    'a node that computes totals, and who runs it (default: its name); nodes of two operators, or none (default: asks, if other nodes are known)',
  repeat: true,
  completes: 'node',
} as const satisfies CommandOption

/** Each of them sees one half of what a total is made of, so one alone could compute none. */
const LEAST = 2

/**
 * The aggregators that the person names, with the options or when asked; none is an answer too. Throws KaroError
 * `bad_request` for one alone, and as `aggregatorsNamed` does; nothing was made by then.
 */
export async function aggregatorsFor(
  io: CommandIo,
  named: readonly string[] | undefined,
): Promise<Aggregators> {
  const names = named ?? (await asked(io))
  if (new Set(names).size === 1) {
    throw new KaroError('bad_request', `totals need ${LEAST} nodes to compute them`, {
      where: '--aggregator',
      hint: 'Name another node, or none: karo policy sign --aggregator can name them later.',
    })
  }
  return aggregatorsNamed(io, names)
}

async function asked(io: CommandIo): Promise<readonly string[]> {
  if (!canAsk(io)) return []
  const { peers } = await daemonAt(io).call(getPeers)
  if (peers.length === 0) return []
  const line = await askLine(
    'Two nodes that compute totals for the mesh, run by different people: node=operator node=operator (Enter: none yet): ',
  )
  return (line ?? '').split(/[\s,]+/).filter((name) => name !== '')
}

/** Signs the first bundle with them. The mesh is made by then, so that a failure only says what is left to do. */
export async function nameAggregators(io: CommandIo, root: RootKey, aggregators: Aggregators): Promise<void> {
  if (aggregators.length === 0) return
  try {
    await handBundle(io, root, { aggregators })
  } catch (error) {
    io.err(
      `The mesh is made, but the nodes that compute totals could not be named: ${(error as Error).message}\n  Name them with: karo policy sign --aggregator <node> --aggregator <node>\n`,
    )
  }
}
