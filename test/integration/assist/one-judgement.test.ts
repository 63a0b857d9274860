// Whatever has a command judged says the same of it: where the node is, whose home it is and where it would run.
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'
import { cleanEnv, runKaro, temporaryHome } from '../../support/node/node.ts'

type Env = Readonly<Record<string, string>>

const decisionOf = (stdout: string): unknown => (JSON.parse(stdout) as { decision: unknown }).decision

/** MCP's two tools at once, in a directory that is there. */
async function byMcp(command: string, env: Env): Promise<readonly unknown[]> {
  const client = new Client({ name: 'test', version: '1' })
  const program = [join(import.meta.dirname, '../../../dist/karo.js'), 'mcp']
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: program, env, stderr: 'ignore', cwd: '/' }),
  )
  try {
    const said = ['check', 'explain'].map(async (name) => {
      const { structuredContent } = await client.callTool({ name, arguments: { command } })
      return (structuredContent as { decision: unknown }).decision
    })
    return await Promise.all(said)
  } finally {
    await client.close()
  }
}

async function everybody(command: string, env: Env): Promise<unknown> {
  const karo = async (args: string[], input?: string, more: Env = {}) =>
    (await runKaro(args, { ...env, ...more }, input)).stdout
  const [check, explain, hook, shell, mcp] = await Promise.all([
    karo(['check', '--json', command]).then(decisionOf),
    karo(['explain', '--json', command]).then(decisionOf),
    karo(['hook', 'generic'], JSON.stringify({ command })).then(decisionOf),
    // Nobody is at a terminal: it stays.
    karo(['guard', 'ask', '--shell', 'bash'], '', { KARO_LINE: command }),
    byMcp(command, env),
  ])
  return { check, explain, hook, shell: shell.split(' ').slice(0, 3).join(' '), mcp }
}

const BLOCKED = {
  check: 'block',
  explain: 'block',
  hook: 'deny',
  mcp: ['block', 'block'],
  shell: expect.stringMatching(/^(?:wait\n)?drop blocked /),
}

test('the node that is guarded is the one that KARO_HOME names', async () => {
  const node = join(temporaryHome(), 'node')
  mkdirSync(node)
  const env = cleanEnv(node, { HOME: temporaryHome() }) as Env
  expect(await everybody(`rm -rf ${node}`, env)).toMatchObject(BLOCKED)
  expect(existsSync(node)).toBe(true)
  // Another node's place is a directory as any.
  const other = { ...env, KARO_HOME: temporaryHome() }
  expect(await everybody(`rm -rf ${node}`, other)).not.toMatchObject({ check: 'block' })
})

test('a home is a home also where HOME ends with a slash, or is not set', async () => {
  const home = join(tmpdir(), 'karo-nobody')
  const env = cleanEnv(temporaryHome(), { HOME: `${home}/` }) as Env
  expect(await everybody(`rm -rf ${home}`, env)).toMatchObject(BLOCKED)
  const { HOME: _, ...without } = env
  expect(await everybody(`rm -rf ${userInfo().homedir}`, without)).toMatchObject(BLOCKED)
})
