// The page's own files: what each answer allows, under which names they are had, and what a stranger's page gets.

import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createTcpListener } from '../../../src/api/access/tcp.ts'
import { readPageFiles, windowRoutes } from '../../../src/api/routes/window.ts'
import { systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { asked, send } from '../../support/api/http.ts'
import { startRig } from '../../support/api/http-rig.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'

async function start() {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Karo</title>')
  writeFileSync(join(directory, 'main.js'), 'export {}')
  writeFileSync(join(directory, 'notes.txt'), 'not of the page')
  return startRig([windowRoutes(readPageFiles(directory))])
}

test('the page and its files are for everybody, and allow nothing but themselves', async () => {
  const rig = await start()
  const [page, script] = await Promise.all([rig.send('/'), rig.send('/window/main.js')])
  expect([page.text, script.text]).toEqual(['<!doctype html><title>Karo</title>', 'export {}'])
  expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  })
})

test('a file that the browser has is not sent again, and others than those of the page never', async () => {
  const rig = await start()
  const { headers } = await rig.send('/')
  const again = await rig.send('/', { headers: { 'if-none-match': headers.etag ?? '' } })
  expect([again.status, again.text]).toEqual([304, ''])
  const others = ['/window/notes.txt', '/window/..%2f..%2fpackage.json', '/window/', '/index.html']
  const statuses = await Promise.all(others.map(async (path) => (await rig.send(path)).status))
  expect(statuses).toEqual([404, 404, 404, 401])
})

test('callers without a name use up nothing of the page, and the page nothing of what they have', async () => {
  const rig = await start()
  const ask = (path: string, times: number) => asked(rig.port, times, path)
  expect(new Set([...(await ask('/', 200)), ...(await ask('/window/main.js', 200))])).toEqual(new Set([200]))
  expect((await ask('/api/v1/health', 301)).filter((status) => status === 429)).toHaveLength(1)
  expect([...(await ask('/', 1)), ...(await ask('/window/main.js', 1))]).toEqual([200, 200])
})

test('the page is there whatever cookie of that name another program left, and its files use up no attempt', async () => {
  const rig = await start()
  const headers = { cookie: `karo_session_${rig.port}=${'x'.repeat(43)}` }
  const at = async (path: string) => (await rig.send(path, { headers })).status
  for (let i = 0; i < 25; i++)
    expect([await at('/'), await at('/?x'), await at('/window/main.js')]).toEqual([200, 200, 200])
  expect(await at('/api/v1/tokens')).toBe(401)
})

test('a service worker that another program left in the browser ends itself, wherever its script was', async () => {
  const rig = await start()
  for (const path of ['/worker.js', '/window/main.js', '/', '/api/v1/health']) {
    const answer = await rig.send(path, { headers: { 'service-worker': 'script' } })
    expect(answer.status, path).toBe(200)
    expect(answer.headers['content-type'], path).toBe('text/javascript; charset=utf-8')
    expect(answer.text).toContain('registration.unregister()')
  }
  expect((await rig.send('/window/main.js')).text).toBe('export {}')
})

test('a program that was not built says so', async () => {
  const rig = await startRig([windowRoutes(readPageFiles(join(temporaryDirectory(), 'none')))])
  const answer = await rig.send('/')
  expect(answer.status).toBe(404)
  expect(answer.text).toContain('npm run build')
})

test('it is had as localhost too, and under no other name; a link to it works, a frame or a script of others does not', async () => {
  const rig = await start()
  const statusOf = async (host: string, headers: Record<string, string> = {}) =>
    (await rig.send('/', { headers: { host, ...headers } })).status
  const own = `localhost:${rig.port}`
  expect(await statusOf(own)).toBe(200)
  expect(await statusOf(`[::1]:${rig.port}`)).toBe(200)
  const others = ['evil.example', 'localhost.evil.example', '127.0.0.2'].map((name) => `${name}:${rig.port}`)
  for (const host of ['localhost', ...others]) expect(await statusOf(host)).toBe(403)
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect(await statusOf(own, link)).toBe(200)
  for (const changed of [
    { 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-mode': 'no-cors' },
    { origin: 'https://evil.example' },
  ])
    expect(await statusOf(own, { ...link, ...changed })).toBe(403)
  expect((await rig.send('/api/v1/health', { headers: { host: own, ...link } })).status).toBe(403)
})

test('where another program has the port on ::1, the page is had as 127.0.0.1 only', async () => {
  const squat = (): Promise<number | undefined> => {
    const squatter = createServer()
    onTestFinished(() => void squatter.close())
    return new Promise((resolve) => {
      squatter.once('error', () => resolve(undefined))
      squatter.listen({ host: '::1', port: 0 }, () => resolve((squatter.address() as AddressInfo).port))
    })
  }
  // A machine without IPv6 has no such program.
  if ((await squat()) === undefined) return
  const { made, port } = await until(
    async () => {
      const port = (await squat()) as number
      const made = createTcpListener({
        port,
        handle: (_, out) => out.end('ok'),
        onRefused: () => {},
        log: silentLog,
        timers: systemTimers,
      })
      onTestFinished(() => made.stop())
      // A test beside this one may have the same port of 127.0.0.1: then it is another one.
      await made.start(new AbortController().signal)
      return { made, port }
    },
    { what: 'a port is free on 127.0.0.1 alone' },
  )
  expect(made.origin()).toBe(`http://127.0.0.1:${port}`)
  expect((await send(port, '/', { headers: { host: `localhost:${port}` } })).status).toBe(403)
  expect((await send(port, '/')).text).toBe('ok')
})

test('a code comes with the address of the page', async () => {
  const rig = await start()
  const made = (await rig.asPerson(1000, 'POST', '/api/v1/sessions/codes')) as SessionCodeShape
  expect(made.page).toBe(`http://localhost:${rig.port}`)
})
