// karo identity: who this node is.
import { EXIT } from '../../base/errors.ts'
import { loadConfig } from '../../config/load.ts'
import { homePaths } from '../../config/paths.ts'
import { loadIdentity } from '../../identity/index.ts'
import type { Command } from '../command.ts'
import { formatFingerprint } from '../format.ts'
import { table } from '../table.ts'

const show: Command = {
  name: 'identity show',
  summary: "this node's id, fingerprint and name",
  args: [],
  options: [],
  examples: [
    { run: 'karo identity show', does: 'what to read to a person who is about to trust this node' },
    { run: 'karo identity show --json', does: '{"node_id", "fingerprint", "name"}' },
  ],
  async run(io) {
    const paths = homePaths(io.env)
    const { nodeId, fingerprint } = loadIdentity(paths.key)
    const { name } = loadConfig({ home: paths.home, env: io.env }).config.node
    if (io.json) {
      io.out(`${JSON.stringify({ node_id: nodeId, fingerprint, name })}\n`)
      return EXIT.done
    }
    const facts = [
      ['name', name],
      ['node id', nodeId],
      ['fingerprint', formatFingerprint(fingerprint)],
    ] as const
    io.out(
      table(facts, [
        { title: '', value: ([what]) => what },
        { title: '', value: ([, value]) => value },
      ]),
    )
    return EXIT.done
  },
}

export const identity: readonly Command[] = [show]
