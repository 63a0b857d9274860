// Every console block of the README and of docs/start is run as it stands, in order, and shows what the page shows. With SHOW=1 it prints what is shown, for who writes a page.
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { demoHomes } from '../../support/node/demo.ts'
import { canNamespaces, createLan } from '../../support/node/lan.ts'
import { temporaryHome } from '../../support/node/node.ts'
import { createMachine, type Machine } from '../../support/pages/machine.ts'
import { general, type Step, same, stepsOf } from '../../support/pages/page.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'

const ROOT = join(import.meta.dirname, '../../..')
const START = join(ROOT, 'docs/start')
/** What a person follows in one go. */
const MOST_COMMANDS = 10
/** Between two runs of a command that the page says is to be repeated. */
const PAUSE_MS = 300
/** In a page that goes on where `karo demo` is: its prompts name nodes of the demonstration. */
const ON_DEMO = '<!-- on the machines of karo demo -->'
/** Pages of the demonstration share one. */
let demo: ReturnType<typeof demoHomes> | undefined
const namespaces = canNamespaces()
if (!namespaces.ok)
  process.stderr.write(`no namespaces (${namespaces.reason}): the pages run on loopback, without mDNS\n`)

const PAGES = ['README.md', ...readdirSync(START).map((name) => `docs/start/${name}`)].filter((name) =>
  name.endsWith('.md'),
)

describe.concurrent('pages', () => {
  test.each(PAGES)('%s', async (name) => {
    const text = readFileSync(join(ROOT, name), 'utf8')
    const steps = stepsOf(text)
    expect(steps.length, 'commands of the page').toBeGreaterThan(0)
    expect(steps.length, 'commands of the page').toBeLessThanOrEqual(MOST_COMMANDS)
    const machines = await (text.includes(ON_DEMO) ? machinesOfDemo(steps) : machinesOf(steps))
    for (const step of steps) {
      const shown = await runStep(machines.get(step.machine)!, step)
      if (process.env.SHOW !== undefined)
        process.stderr.write(`${step.machine}$ ${step.command}\n${shown.join('\n')}\n`)
      else if (!same(shown, step.shows))
        expect(shown.map(general), `${name}:${step.line}: ${step.command}\n${shown.join('\n')}`).toEqual(
          step.shows.map(general),
        )
    }
  })
})

async function runStep(machine: Machine, step: Step): Promise<readonly string[]> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const shown = await machine.run(step)
    if (!step.again || same(shown, step.shows) || performance.now() > end) return shown
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** Those that the prompts name, on a network of their own. */
async function machinesOf(steps: readonly Step[]): Promise<ReadonlyMap<string, Machine>> {
  const names = [...new Set(steps.map(({ machine }) => machine))]
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

async function machinesOfDemo(steps: readonly Step[]): Promise<ReadonlyMap<string, Machine>> {
  demo ??= demoHomes()
  const homes = await demo
  const directory = temporaryHome()
  const names = [...new Set(steps.map(({ machine }) => machine))]
  return new Map(
    names.map((name) => [name, createMachine({ name, directory, env: { KARO_HOME: homes.get(name)! } })]),
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
