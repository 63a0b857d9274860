// karo dashboard against a real API: what it prints, what a browser is given, and what nobody else can read.

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { SessionShape } from '../../../src/api/contract/shapes.ts'
import { type Rig, startRig } from '../../support/api/http-rig.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { until } from '../../support/run/until.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'

const karo = (rig: Rig, words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  commandLine(['dashboard', ...words], { env: { KARO_HOME: dirname(rig.socket), ...env } })

/** A directory with an xdg-open that notes with what it was called. */
function desktop() {
  const directory = temporaryDirectory()
  const program = join(directory, 'xdg-open')
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${directory}/called.new'\nmv '${directory}/called.new' '${directory}/called'\n`,
  )
  chmodSync(program, 0o755)
  const called = (): string | undefined => {
    try {
      return readFileSync(join(directory, 'called'), 'utf8').trim()
    } catch {
      return undefined
    }
  }
  const env = { DISPLAY: ':9', XDG_RUNTIME_DIR: directory, PATH: `${directory}:${process.env.PATH}` }
  return { env, called }
}

test('prints an address whose code opens one session', async () => {
  const rig = await startRig()
  const { code, out, err } = await karo(rig, [])
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^http://localhost:${rig.port}/#code=[\\w-]{43}\\n$`))
  expect(err).toContain('Open it in a browser')
  const body = { code: out.trim().split('code=')[1] }
  const [first, second] = [
    await rig.send('/api/v1/sessions', { method: 'POST', body }),
    await rig.send('/api/v1/sessions', { method: 'POST', body }),
  ]
  expect([first.status, first.json<SessionShape>().scope, second.status]).toEqual([200, 'full', 401])
})

test('gives a browser a file that only its person can read, so that the code is in no list of processes', async () => {
  const rig = await startRig()
  const { env, called } = desktop()
  const { out, err } = await karo(rig, [], env)
  expect(err).toContain('Opened in your browser')
  const path = await until(called, { what: 'the browser is called' })
  expect(path).toMatch(/open\.html$/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toContain(`url=${out.trim()}"`)
})

test('opens nothing where it is told so, where a program reads it, and where there is no browser', async () => {
  const rig = await startRig()
  const { env, called } = desktop()
  expect((await karo(rig, ['--no-open'], env)).err).toContain('Open it in a browser')
  const json = JSON.parse((await karo(rig, ['--json'], env)).out) as SessionCodeShape
  expect(json).toMatchObject({ page: `http://localhost:${rig.port}`, expires_in_ms: 60_000 })
  const without = await karo(rig, [], { ...env, PATH: temporaryDirectory() })
  expect([without.code, without.err]).toEqual([0, expect.stringContaining('Open it in a browser')])
  expect((await karo(rig, [], { ...env, XDG_RUNTIME_DIR: '/proc/none' })).code).toBe(0)
  expect(called()).toBeUndefined()
})

test('says what to do where no page is served', async () => {
  const rig = await startRig([], { enabled: false })
  const { code, err } = await karo(rig, [])
  expect(code).toBe(1)
  expect(err).toContain('http.enabled')
})
