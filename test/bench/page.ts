// First paint of the page in a real browser, beside a bare static page in the same browser and the same run.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { startNode } from '../support/node/node.ts'
import { CHROMIUM, openChromium } from '../support/run/browser.ts'
import { endAll } from '../support/run/processes.ts'
import { median } from './median.ts'

/** Why it cannot run here. */
export const browserMissing = (): string | undefined =>
  CHROMIUM === undefined ? 'there is no Chromium here: apt-get install chromium' : undefined

export interface PagePaint {
  /** First contentful paint of the page of a node, median, ms. */
  readonly page_ms: number
  /** Of a page with one line of text and nothing else. */
  readonly static_ms: number
}

const PAINT = `new Promise((resolve) => new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') resolve(startTime)
}).observe({ type: 'paint', buffered: true }))`

/** By turns, each in a browser context of its own, so that nothing is cached. */
export async function measurePaint(rounds: number): Promise<PagePaint> {
  const server = createServer((_, response) =>
    response.end('<!doctype html><html lang="en"><title>x</title><p>Karo</p></html>'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await openChromium()
  try {
    const node = await startNode()
    const { port } = server.address() as AddressInfo
    const [page, bare]: [number[], number[]] = [[], []]
    for (let i = 0; i <= rounds; i++) {
      const { stdout } = await node.karo(['dashboard', '--no-open'])
      const [own, other] = [
        await paintOf(browser, stdout.trim()),
        await paintOf(browser, `http://127.0.0.1:${port}/`),
      ]
      // The first round fills the browser's own caches.
      if (i === 0) continue
      page.push(own)
      bare.push(other)
    }
    return { page_ms: median(page), static_ms: median(bare) }
  } finally {
    await browser.close()
    server.close()
    await endAll(false)
  }
}

async function paintOf(browser: Browser, address: string): Promise<number> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(address)
    return (await page.evaluate(PAINT)) as number
  } finally {
    await context.close()
  }
}
