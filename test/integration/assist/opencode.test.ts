// The plugin that Karo installs for OpenCode, loaded as OpenCode loads it: a denial blocks, and what ran is recorded with its exit code.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

interface Hooks {
  readonly 'tool.execute.before': (input: object, output: { args: object }) => Promise<void>
  readonly 'tool.execute.after': (input: object, output: { metadata?: object }) => Promise<void>
}

let node: TestNode
beforeAll(async () => {
  node = await startNode()
  writeFileSync(
    join(node.home, 'guard.toml'),
    '[[deny]]\ncommand = "touch forbidden*"\nwhy = "No such file."\n',
    {
      mode: 0o600,
    },
  )
})

function place(extra: Readonly<Record<string, string>> = {}) {
  const home = temporaryHome()
  const cwd = join(home, 'project')
  mkdirSync(join(cwd, 'below'), { recursive: true })
  return {
    cwd,
    env: cleanEnv(node.home, { HOME: home, ...extra }),
    file: join(home, '.config/opencode/plugin/karo.js'),
  }
}

let loads = 0
async function load(file: string, directory: string): Promise<Hooks> {
  const text = readFileSync(file, 'utf8')
  const module = join(directory, `plugin-${++loads}.mjs`)
  writeFileSync(module, text)
  const { Karo } = (await import(module)) as { Karo: (input: object) => Promise<Hooks> }
  return Karo({ directory })
}

const before = (hooks: Hooks, callID: string, args: object) =>
  hooks['tool.execute.before']({ tool: 'bash', sessionID: 's', callID }, { args })

test('what is denied or needs consent is thrown, what ran is in the history with its code, other tools pass', async () => {
  const { cwd, env, file } = place()
  expect(await runKaro(['hook', 'install', 'opencode'], env)).toMatchObject({ code: 0, stderr: '' })
  const hooks = await load(file, cwd)
  await expect(before(hooks, '1', { command: 'touch forbidden-1' })).rejects.toThrow(
    /Karo blocked.*No such file/,
  )
  await expect(before(hooks, '2', { command: 'git push --force origin main' })).rejects.toThrow(
    /needs a person's consent/,
  )
  await before(hooks, '3', { command: 'make all', workdir: 'below' })
  await hooks['tool.execute.after']({ tool: 'bash', sessionID: 's', callID: '3' }, { metadata: { exit: 2 } })
  await hooks['tool.execute.before'](
    { tool: 'read', sessionID: 's', callID: '4' },
    { args: { filePath: '/x' } },
  )
  const events = await until(
    async () => {
      const found = await node.json<{ events: EventShape[] }>(['history', '--cwd', cwd])
      return found.events.length > 0 && found.events
    },
    { what: 'what ran' },
  )
  expect(events).toMatchObject([
    { command: 'make all', cwd: join(cwd, 'below'), exit_code: 2, karo_generated: true },
  ])

  expect((await runKaro(['hook', 'list'], env)).stdout).toMatch(/opencode +OpenCode +\S+ +yes/)
  expect(await runKaro(['hook', 'uninstall', 'opencode'], env)).toMatchObject({ code: 0 })
  expect(existsSync(file)).toBe(false)
})

test('a plugin of somebody else of that name stays, and OPENCODE_CONFIG_DIR and XDG_CONFIG_HOME are followed', async () => {
  const { env, file } = place()
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, 'export const Mine = async () => ({})\n')
  const refused = await runKaro(['hook', 'install', 'opencode'], env)
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('it is not a file that Karo made')
  expect(readFileSync(file, 'utf8')).toContain('Mine')
  const config = temporaryHome()
  await runKaro(['hook', 'install', 'opencode'], { ...env, XDG_CONFIG_HOME: config })
  expect(existsSync(join(config, 'opencode/plugin/karo.js'))).toBe(true)
  await runKaro(['hook', 'install', 'opencode'], { ...env, OPENCODE_CONFIG_DIR: config })
  expect(existsSync(join(config, 'plugin/karo.js'))).toBe(true)
})

test('without karo the tool goes on or stops, as the owner said when it was installed', async () => {
  for (const onError of ['allow', 'block']) {
    const { cwd, env, file } = place({ KARO_GUARD_ON_ERROR: onError })
    await runKaro(['hook', 'install', 'opencode'], env)
    const program = join(import.meta.dirname, '../../../dist/karo.js')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(program, '/nowhere/karo.js'))
    const asked = before(await load(file, cwd), '1', { command: 'true' })
    if (onError === 'allow') await asked
    else await expect(asked).rejects.toThrow('guard.on_error is "block"')
  }
})
