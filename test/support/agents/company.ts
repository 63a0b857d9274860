// Machines of one company with an agent on one of them: members of one root, operators who ask from afar, and the real command line.
import { randomUUID } from 'node:crypto'
import { chmodSync, copyFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { AuditEntryShape, TaskLineShape, TaskShape } from '../../../src/api/contract/shapes.ts'
import type { Ran } from '../node/in-process.ts'
import { canNamespaces, createLan, type Lan } from '../node/lan.ts'
import { type NodeOptions, startNode, type TestNode, temporaryHome } from '../node/node.ts'
import { until } from '../run/until.ts'
import { inTerminal } from '../shell/terminal-run.ts'

const WORDS = 'nine words that nobody else in this test says'
const PROGRAM = realpathSync(process.execPath)
const PORT = 9_238

interface TaskRan extends Ran {
  /** The events of the task. */
  readonly lines: readonly TaskLineShape[]
}

export interface Company<Name extends string> {
  /** A machine as it runs now: with each life it is another one. */
  readonly at: Readonly<Record<Name, TestNode>>
  /** Undefined on loopback. */
  readonly lan: Lan | undefined
  /** Where the program of the agent is; its jail sees what is put there. */
  readonly server: string
  /** Another life for a machine that has ended; resolves when all are linked again. */
  restart(name: Name): Promise<void>
  /** Every machine has a link to every other. */
  linked(): Promise<void>
  /** Resolves with the file of the credential, when every machine knows the operator. */
  issue(operator: string, ...more: string[]): Promise<string>
  logIn(name: Name, credential: string, ...more: string[]): Promise<void>
  /** What the program needs to see. */
  grant(agent?: string): Promise<void>
  /** The fixture as an agent of `build`. */
  addAgent(agent: string, ...more: string[]): Promise<void>
  /** A task for the agent `tools` of `build`, given at `desk`. */
  run(tool: string, input: object, ...more: string[]): Promise<TaskRan>
  /** That task, as `desk` is told of it. */
  show(id: string): Promise<TaskShape>
  /** Resolves when that task, as `desk` is told of it, is as wanted. */
  reaches(id: string, wanted: (task: TaskShape) => boolean): Promise<TaskShape>
}

/** The events among what `karo task run` and `karo task follow` print with --json. */
export const linesOf = (stdout: string): TaskLineShape[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line.includes('"task":'))
    .map((line) => JSON.parse(line) as TaskLineShape)

/** Newest first; of one type, or of all. */
export const ledgerOf = async (node: TestNode, type?: string): Promise<readonly AuditEntryShape[]> =>
  (
    await node.json<{ entries: AuditEntryShape[] }>([
      ...['audit', 'log', '--limit', '500', ...(type === undefined ? [] : ['--type', type])],
    ])
  ).entries

/**
 * A node that is patient: a person may ask another machine thirty times in ten seconds, which a quick machine reaches, and what is
 * turned away for that is asked again.
 */
async function starting(options: NodeOptions): Promise<TestNode> {
  const node = await startNode(options)
  const karo: TestNode['karo'] = (words, input) =>
    until(
      async () => {
        const ran = await node.karo(words, input)
        return (!words.includes('--at') || !`${ran.stdout}${ran.stderr}`.includes('too many requests')) && ran
      },
      { what: `karo ${words.join(' ')} is not turned away`, pollMs: 1_000 },
    )
  async function json<T>(words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await karo([...words, '--json'])
    if (code !== 0) throw new Error(`karo ${words.join(' ')}: exit ${code}: ${stderr}`)
    return JSON.parse(stdout) as T
  }
  return Object.assign(Object.create(node) as TestNode, { karo, json })
}

/** The first one certifies; `build` runs agents. In namespaces where `apart` and root allow it, else on loopback. */
export async function startCompany<Name extends string>(
  names: readonly [Name, ...Name[]],
  { apart, config = '' }: { readonly apart: boolean; readonly config?: string },
): Promise<Company<Name>> {
  const lan = apart && canNamespaces().ok ? createLan(names.length) : undefined
  const at = {} as Record<Name, TestNode>
  const [first, ...others] = names
  const server = realpathSync(temporaryHome())
  chmodSync(server, 0o755)
  copyFileSync(join(import.meta.dirname, 'server.mjs'), join(server, 'server.mjs'))

  const netnsOf = (name: Name) => {
    const member = lan?.members[names.indexOf(name)]
    return member === undefined ? {} : { netns: member.netns }
  }
  const ok = async (name: Name, words: readonly string[], input?: string): Promise<string> => {
    const ran = await at[name].karo(words, input)
    expect(ran, `${words.join(' ')}: ${ran.stderr}`).toMatchObject({ code: 0 })
    return ran.stdout
  }

  at[first] = await starting({ name: first, config, ...netnsOf(first) })
  const root = join(temporaryHome(), 'root')
  await ok(
    first,
    ['ca', 'init', '--root-key', root, '--grant', 'admin', '--passphrase-file', '-'],
    `${WORDS}\n`,
  )
  const port = /tcp\/(\d+)$/.exec((await at[first].status()).mesh.listen[0] ?? '')?.[1] ?? ''
  const place = lan === undefined ? `127.0.0.1:${port}` : `${lan.members[0]?.address}:${PORT}`
  const peers = lan === undefined ? `[discovery]\npeers = ["${place}"]\n` : ''
  const agents = '[agents]\nenabled = true\n'
  for (const name of others) {
    const own = `${config}${peers}${(name as string) === 'build' ? agents : ''}`
    at[name] = await starting({ name, config: own, ...netnsOf(name) })
    const team = (name as string) === 'build' ? ['--team', 'eng'] : []
    await ok(name, ['join', '-', '--at', place], await ok(first, ['invite', ...team]))
  }

  const company: Company<Name> = {
    at,
    lan,
    server,
    async linked() {
      for (const name of names)
        await until(async () => (await at[name].status()).mesh.peers_connected === names.length - 1, {
          what: `${name} is linked to the others`,
        })
    },
    async restart(name) {
      at[name] = await starting({ home: at[name].home, name, ...netnsOf(name) })
      await company.linked()
    },
    async issue(operator, ...more) {
      const file = join(temporaryHome(), `${operator}.karo`)
      const words = ['operator', 'issue', operator, '--to', file, '--passphrase-file', '-', ...more]
      await ok(first, words, `${WORDS}\n`)
      for (const name of names)
        await until(
          async () =>
            (await at[name].json<{ operators: { name: string }[] }>(['operator', 'list'])).operators.some(
              (one) => one.name === operator,
            ),
          { what: `${name} knows ${operator}` },
        )
      return file
    },
    async logIn(name, credential, ...more) {
      await ok(name, ['login', '--credential', credential, '--passphrase-file', '-', ...more], `${WORDS}\n`)
    },
    async grant(agent = 'tools') {
      const words = ['cap', 'grant', `kExecutor:${agent}`, `fs.read:${server}`, `fs.read:${PROGRAM}`]
      const granted = inTerminal(words, build().home)
      expect(await granted.ended(), granted.shown()).toBe(0)
    },
    async addAgent(agent, ...more) {
      const places = ['--read', server, '--read', PROGRAM, ...more]
      const words = ['agent', 'add', agent, ...places, '--', PROGRAM, `${server}/server.mjs`]
      const added = inTerminal(words, build().home)
      expect(await added.ended(), added.shown()).toBe(0)
      // Tasks are to start it.
      expect((await build().karo(['agent', 'stop', agent])).code).toBe(0)
    },
    async run(tool, input, ...more) {
      // With an id it may be asked for again without being done again.
      const id = more.includes('--id') ? [] : ['--id', `job-${randomUUID()}`]
      const ran = await desk().karo([
        ...['task', 'run', 'tools', tool, JSON.stringify(input), '--at', 'build', '--json'],
        ...more,
        ...id,
      ])
      return { ...ran, lines: linesOf(ran.stdout) }
    },
    show: (id) => desk().json<TaskShape>(['task', 'show', id, '--at', 'build']),
    reaches: (id, wanted) =>
      until(
        async () => {
          const task = await company.show(id)
          return wanted(task) && task
        },
        // Whoever asks too often is turned away with everything else, too.
        { what: `the task ${id} is as far`, pollMs: 500 },
      ),
  }
  const build = () => at['build' as Name]
  const desk = () => at['desk' as Name]
  await company.linked()
  return company
}
