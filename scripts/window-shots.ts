// `npm run window:shots -- DIR`: a picture of every view of the page, light and dark, at three widths, from a demonstration.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { daemonAt } from '../src/api/contract/client/socket.ts'
import { createSessionCode } from '../src/api/contract/operations/tokens.ts'
import { openChromium } from '../test/support/run/browser.ts'
import { argumentsOf, misused } from './arguments.ts'

const WIDTHS = [320, 1280, 2560] as const
const VIEWS = [
  ...(['me', 'sharing', 'mesh', 'team', 'ask', 'posture'] as const),
  ...(['approvals', 'agents', 'audit', 'system'] as const),
] as const

const USAGE = `window:shots -- DIR --home HOME [--width 1280] [--scheme dark] [--view mesh]
HOME is the home of a running node, for example .ciso in the directory that karo demo names.`
const { values, positionals } = argumentsOf(USAGE, {
  options: {
    home: { type: 'string' },
    width: { type: 'string' },
    scheme: { type: 'string' },
    view: { type: 'string' },
  },
  allowPositionals: true,
})
const [directory] = positionals
if (directory === undefined || values.home === undefined) {
  misused(USAGE, 'A directory and a home are needed.')
}
mkdirSync(directory, { recursive: true })
const browser = await openChromium()
const widths = values.width === undefined ? WIDTHS : [Number(values.width)]
const schemes =
  values.scheme === undefined ? (['light', 'dark'] as const) : [values.scheme as 'light' | 'dark']
for (const colorScheme of schemes) {
  for (const width of widths) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height: Math.round(width * 0.65) },
    })
    const page = await context.newPage()
    page.on('console', (message) => process.stderr.write(`${message.type()}: ${message.text()}\n`))
    page.on('pageerror', (error) => process.stderr.write(`${error.stack}\n`))
    const made = await daemonAt({ socket: join(values.home, 'karo.sock') }).call(createSessionCode)
    await page.goto(`${made.page}/#code=${made.code}`)
    for (const view of VIEWS.filter((one) => values.view === undefined || one === values.view)) {
      await page.goto(`${made.page}/#/${view}`)
      await page.locator('main h1').waitFor()
      if (view === 'ask') await page.getByRole('button', { name: 'Ask', exact: true }).click()
      if (view === 'team')
        await page
          .getByRole('button', { name: 'Ask the team' })
          .first()
          .click({ timeout: 2_000 })
          .catch(() => {})
      await page.locator('.bone, .progress').first().waitFor({ state: 'detached' })
      if (view === 'agents') {
        const open = page.getByRole('button', { name: /^Open k/ }).first()
        if ((await open.count()) > 0) await open.click()
        await page.locator('.bone').first().waitFor({ state: 'detached' })
      }
      if (view === 'audit') await page.getByRole('button', { name: 'Verify now' }).click()
      await page.waitForTimeout(400)
      await page.screenshot({ path: join(directory, `${view}-${width}-${colorScheme}.png`), fullPage: true })
    }
    await context.close()
  }
}
await browser.close()
