// karo init: makes a key and a configuration that sets nothing, and says what to do next.
import { loadConfig } from '../../../config/load.ts'
import { homePaths } from '../../../config/paths.ts'
import { nameProblem } from '../../../config/values.ts'
import { ensureHome } from '../../home.ts'
import {
  atHome,
  defineCommand,
  facts,
  formatFingerprint,
  printable,
  printJson,
  sayWarnings,
  UNBOUNDED,
  usage,
} from '../../kit.ts'
import { makeSolo } from '../../start/solo.ts'
import { refuseBesideMachine } from '../../start/user-unit.ts'

const initCommand = defineCommand('init', {
  summary: "make this node's key and configuration; says what to do next",
  options: {
    name: { value: 'name', description: "the node's name (default: the host name)" },
    solo: 'for one person: the node accepts no connections and looks for no other nodes',
  },
  examples: {
    'karo init --solo': 'a node that no other machine can reach; a running node has to be restarted',
  },
  async run(io, { options }) {
    const { name } = options
    const problem = name === undefined ? undefined : nameProblem(name)
    if (problem) throw usage(`the name cannot be used: ${problem}`, '--name')

    // A home of one's own would take over the person's records, and no node could run in it beside the service.
    refuseBesideMachine(io.env, 'karo init')
    const paths = homePaths(io.env)
    // Throws where the path is too long for a socket: no node could run there.
    void paths.socket
    const { identity, created, existed } = ensureHome(paths, { name })
    const restart = options.solo === true && makeSolo(paths) && existed.includes(paths.key)
    const { config, warnings } = loadConfig({ home: paths.home, env: io.env })
    sayWarnings(io, warnings)
    if (name !== undefined && name !== config.node.name)
      io.err(
        `note: the name stays ${printable(config.node.name)}; change it in ${paths.config}, [node] name\n`,
      )

    const { nodeId, fingerprint } = identity
    if (io.json)
      return printJson(io, { node_id: nodeId, fingerprint, name: config.node.name, created, existed })
    const made = facts(UNBOUNDED, created.includes(paths.key) ? 'A new node:' : 'This node exists:', {
      name: config.node.name,
      'node id': nodeId,
      fingerprint: formatFingerprint(fingerprint),
      created,
      'was there': existed,
      alone:
        options.solo &&
        `${restart ? 'from its next start on ' : ''}no other machine can reach it, and it looks for none`,
    })
    const isAlone = config.mesh.listen.length === 0
    const next = facts(UNBOUNDED, 'Next:', {
      [atHome('karo up --background', io)]: 'run the node',
      [atHome('karo shell install', io)]: 'record the commands of your shells',
      [atHome('karo import auto', io)]: isAlone && 'import the history of your shells',
      [atHome('karo peers pending', io)]: !isAlone && 'which nodes nearby wait to be trusted',
    })
    io.out(`${made}\n${next}`)
  },
})

export const commands = [initCommand]
