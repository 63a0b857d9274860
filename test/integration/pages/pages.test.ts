// The console blocks of the README and of docs/start are run as they stand, in order, and show what the page shows. Pages of the demonstration are with the tests of `karo demo`.
import { createServer } from 'node:net'
import { describe, test } from 'vitest'
import { canShowAgents } from '../../../src/cli/demo/agents.ts'
import { canNamespaces, createLan } from '../../support/node/lan.ts'
import { temporaryHome } from '../../support/node/node.ts'
import { follow, pages } from '../../support/pages/follow.ts'
import { createMachine, type Machine } from '../../support/pages/machine.ts'

const namespaces = canNamespaces()
if (!namespaces.ok)
  process.stderr.write(`no namespaces (${namespaces.reason}): the pages run on loopback, without mDNS\n`)

describe.concurrent('pages', () => {
  // Where no jail can be built or its program is missing, nobody has an agent.
  const followed = pages('elsewhere').filter((name) => canShowAgents() || !name.endsWith('agent.md'))
  test.each(followed)('%s', (name) => follow(name, machinesOf))
})

/** On a network of their own. */
async function machinesOf(names: readonly string[]): Promise<ReadonlyMap<string, Machine>> {
  const directory = temporaryHome()
  const lan = namespaces.ok ? createLan(names.length) : undefined
  const ports = lan === undefined ? await freePorts(names.length) : []
  return new Map(
    names.map((name, i) => [
      name,
      createMachine({
        name: name === '' ? 'ash' : name,
        directory,
        netns: lan?.members[i]?.netns,
        env: lan === undefined ? onLoopback(ports, i) : {},
      }),
    ]),
  )
}

const onLoopback = (ports: readonly number[], own: number): Readonly<Record<string, string>> => ({
  KARO_MESH_PORT: String(ports[own]),
  KARO_MESH_LISTEN: '127.0.0.1',
  KARO_HTTP_PORT: '0',
  KARO_DISCOVERY_MDNS: 'false',
  KARO_DISCOVERY_PEERS: ports.flatMap((port, i) => (i === own ? [] : [`127.0.0.1:${port}`])).join(','),
})

/** Free now: whoever takes one in the meantime makes the start of a node fail, which says so. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port)
  for (const server of servers) server.close()
  return ports
}
