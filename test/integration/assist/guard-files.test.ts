// A refused AI tool tries to replace the guard's own files in every way there is: each way does write, and none runs unasked.
import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cleanEnv, runKaro, temporaryHome } from '../../support/node/node.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'
import { codingTool } from '../../support/shell/coding-tool.ts'
import { canBeTried, WAYS, type Way } from '../../support/shell/ways-to-write.ts'

const TRIED = WAYS.filter(canBeTried)
const MISSING = WAYS.filter((way) => !TRIED.includes(way))

/** A home with the settings of a tool, and a project in it with another file to write there. */
function place() {
  const home = temporaryHome()
  const cwd = join(home, 'project')
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'new'), 'one\ntwo\n')
  return { home, cwd, env: cleanEnv(join(home, 'node'), { HOME: home }) }
}

/** What a change of any kind changes. */
function stateOf(file: string): string {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return 'gone'
  const text = stat.isFile() ? readFileSync(file, 'latin1') : ''
  return JSON.stringify([stat.ino, stat.mode, stat.ctimeMs, text])
}

const lineOf = ({ line, literal }: Way, home: string) =>
  line(literal ? join(home, '.claude/settings.json') : '$HOME/.claude/settings.json')

describe('each way writes, when nobody guards', () => {
  test.each(TRIED)('$name', (way) => {
    const { home, cwd, env } = place()
    const file = join(home, '.claude/settings.json')
    mkdirSync(join(home, '.claude'))
    writeFileSync(file, '{\n"old": 1\n}\n', { mode: 0o600 })
    const before = stateOf(file)
    const { stderr } = spawnSync('bash', ['-c', lineOf(way, home)], {
      cwd,
      env,
      encoding: 'utf8',
      timeout: PATIENCE_MS,
    })
    const after = stateOf(file)
    spawnSync('chattr', ['-i', file])
    expect(after, stderr).not.toBe(before)
  })
  test.skip.each(MISSING)('$name: needs $needs', () => undefined)
})

test('a tool whose person says no replaces its settings in none of these ways', async () => {
  const { home, cwd, env } = place()
  const tool = codingTool('claude', { home, cwd, env, consents: false })
  const hook = (call: string) => runKaro(['hook', 'claude'], env, call)
  const quick = codingTool('claude', { home, cwd, env, consents: false, hook })
  expect(await runKaro(['hook', 'install', 'claude'], env)).toMatchObject({ code: 0 })
  const before = stateOf(tool.settings)
  const ran: string[] = []
  for (const [index, way] of WAYS.entries()) {
    const line = lineOf(way, home)
    // The line in its settings is run for the first; what it says of the others does not hang on who starts the program.
    if ((await (index === 0 ? tool : quick).run(line)).ran) ran.push(line)
    if (stateOf(tool.settings) !== before) throw new Error(`it was changed by: ${line}`)
  }
  expect(ran).toEqual([])
  for (const one of [tool, quick])
    expect(await one.run('cat ~/.claude/settings.json | wc -l')).toMatchObject({ ran: true })
  rmSync(home, { recursive: true, force: true })
})
