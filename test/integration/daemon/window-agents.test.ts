// Approvals and agents in the page of a real daemon: a tool asks in one terminal, a person decides in a browser; an agent in a jail is run.
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalShape, ApprovalsShape } from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { HOSTILE } from '../../support/data/hostile-text.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { CHROMIUM, openChromium } from '../../support/run/browser.ts'
import { faultsOf, prepare, WELL_WALKED, walkedByTab } from '../../support/run/page-checks.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal, programInTerminal } from '../../support/shell/terminal-run.ts'

const [here] = await providersHere()
const PROGRAM = realpathSync(process.execPath)
describe.skipIf(CHROMIUM === undefined)('approvals and agents in the page', () => {
  let node: TestNode
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let origin = ''

  /** An AI tool in a terminal of its own, whose hook waits for the inbox; resolves with what the tool is told. */
  function tool(command: string): { readonly told: () => Promise<string> } {
    const key = Math.random().toString(36).slice(2)
    const [input, output] = [join(node.home, `${key}.in`), join(node.home, `${key}.out`)]
    const call = { hook_event_name: 'PreToolUse', tool_name: 'Bash', cwd: '/srv', tool_input: { command } }
    writeFileSync(input, JSON.stringify(call))
    const hook = `"$NODE" "$KARO" hook claude --inbox 290 < ${input} > ${output}.new 2>/dev/null`
    programInTerminal('sh', ['-c', `${hook}; mv ${output}.new ${output}`], node.home)
    return {
      async told() {
        await until(() => existsSync(output), { what: 'the hook has answered' })
        return readFileSync(output, 'utf8')
      },
    }
  }
  /** Opens the page out of a terminal, as a person does. */
  async function open(in_: Page): Promise<void> {
    const run = inTerminal(['dashboard', '--no-open'], node.home, { COLUMNS: '200' })
    await run.ended()
    const address = /http:\S+#code=[\w-]{43}/.exec(run.shown().replace(/\r?\n/g, ''))?.[0] ?? ''
    origin = new URL(address).origin
    await in_.goto(address)
    await in_.locator('nav').waitFor()
  }
  async function go(view: string): Promise<void> {
    await page.goto(`${origin}/#/${view}`)
    await page.locator('main h1').waitFor()
    await page.locator('.bone').first().waitFor({ state: 'detached' })
  }
  const cardOf = (command: string) => page.locator('.card', { hasText: command })
  /** Presses a button that asks once more, and then presses it again. */
  async function pressTwice(name: RegExp, within: ReturnType<typeof cardOf>): Promise<void> {
    await within.getByRole('button', { name }).click()
    const again = within.getByRole('button', { name: /press again/ })
    await until(
      async () => {
        if (await again.count()) await again.click()
        return (await again.count()) === 0
      },
      { what: 'the second press counts' },
    )
  }

  beforeAll(async () => {
    node = await startNode({ config: '[agents]\nenabled = true\n' })
    browser = await openChromium()
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    await prepare(context)
    page = await context.newPage()
    await open(page)
  })
  afterAll(async () => browser?.close())

  test('a request arrives by itself, is counted in the title, and its approval lets the tool go on once', async () => {
    await go('approvals')
    await page.getByText('Nothing waits for you.').waitFor()
    const command = 'git push --force origin one'
    const asking = tool(command)
    const card = cardOf(command)
    await card.waitFor()
    await until(async () => (await page.title()).startsWith('(1)'), { what: 'the title counts it' })
    const shown = (await card.textContent()) ?? ''
    for (const part of ['high', 'ExecuteCommand', 'kBridge:claude', 'bash', '-c', '/srv', 'this one', 'left'])
      expect(shown).toContain(part)
    await pressTwice(/^Approve once/, card)
    expect(await asking.told()).toBe('')
    await page.getByRole('region', { name: 'Decisions', exact: true }).getByText('used').first().waitFor()
    await until(async () => !(await page.title()).startsWith('('), { what: 'the title counts nothing' })
  })

  test('a denial needs one press and its reason is kept; similar requests are grouped', async () => {
    const asking = [tool('git push --force origin two'), tool('git push --force origin three')]
    await cardOf('origin three').waitFor()
    await cardOf('origin two').waitFor()
    await page.getByText('2 requests are alike').waitFor()
    const card = cardOf('origin two')
    await card.getByRole('textbox').fill('not on a Friday')
    await card.getByRole('button', { name: /^Deny request/ }).click()
    expect(await asking[0]?.told()).toContain('deny')
    await page.getByRole('region', { name: 'Decisions', exact: true }).getByText('not on a Friday').waitFor()
    await pressTwice(/^For this task/, cardOf('origin three'))
    expect(await asking[1]?.told()).toBe('')
    // It stays for the same words of this task, and has run.
    await cardOf('origin three').getByText('Approved for this task').waitFor()
    expect(await cardOf('origin three').textContent()).not.toContain('not been used')
  })

  test('a second page lives beside the first; one that no terminal opened can deny and not approve', async () => {
    const other = await context.newPage()
    const address = (await node.karo(['dashboard', '--no-open'])).stdout.trim()
    await other.goto(address)
    await other.locator('nav').waitFor()
    const asking = tool('git push --force origin four')
    await cardOf('origin four').waitFor()
    await other.goto(`${origin}/#/approvals`)
    const card = other.locator('.card', { hasText: 'origin four' })
    await card.waitFor()
    await other.getByText('you can deny, but not approve').waitFor()
    expect(await card.getByRole('button', { name: /^Approve once/ }).isDisabled()).toBe(true)
    await card.getByRole('button', { name: /^Deny request/ }).click()
    expect(await asking.told()).toContain('deny')
    await other.close()
    await page.reload()
    await page.locator('nav').waitFor()
  })

  test('a request of somebody hostile is text, its diff too; both views fit every width, light and dark, for everybody', async () => {
    await page.route('**/api/v1/approvals', (route) =>
      route.fulfill({ json: { approvals: HOSTILE.map(poisoned) } satisfies ApprovalsShape }),
    )
    await go('approvals')
    await page.keyboard.press('r')
    await page.locator('.diff').first().waitFor()
    const shown = (await page.locator('main').textContent()) ?? ''
    expect(shown).not.toMatch(/[\u0000-\u0008\u001b\u200b-\u200f\u202a-\u202e\u2066-\u2069]/)
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.evaluate(HALF_SHOWN)).toEqual([])
    await page.getByRole('link', { name: `${HOSTILE.length} requests waiting`, exact: true }).waitFor()
    // It is said once, with what it is that waits.
    expect(
      await page
        .getByRole('status')
        .getByText(/\d.* waiting$/)
        .count(),
    ).toBe(1)
    expect.soft(await walkedByTab(page), 'approvals').toEqual(WELL_WALKED)
    for (const view of ['approvals', 'agents']) {
      await go(view)
      expect.soft(await faultsOf(page), view).toEqual([])
    }
    await page.unrouteAll()
  })

  test('a notification comes of each approval that is wanted, whatever happens right after it', async () => {
    const other = await context.newPage()
    await other.addInitScript(`localStorage.setItem('karo-notify', 'on')
      window.notified = []
      window.Notification = class {
        static permission = 'granted'
        constructor(title, { body }) { window.notified.push(body) }
        addEventListener() {}
      }`)
    let streams = 0
    await other.route('**/api/v1/events*', (route) => {
      streams += 1
      // The stream ends with its answer, so later ones are left without an end.
      return streams > 1 ? undefined : route.fulfill({ contentType: 'text/event-stream', body: BATCH })
    })
    await open(other)
    await until(async () => ((await other.evaluate('window.notified.length')) as number) > 1, {
      what: 'two notifications',
    })
    expect(await other.evaluate('window.notified')).toEqual([
      'kBridge:one wants to do something of the class high.',
      'kBridge:two wants to do something of the class high.',
    ])
    await other.close()
    await open(page)
  })

  test.skipIf(here?.problem !== undefined)(
    'an agent is started, run with arguments that fit, followed, cancelled and stopped, with keys alone',
    async () => {
      const directory = serverDirectory()
      const places = ['--read', directory, '--read', PROGRAM]
      const added = inTerminal(
        ['agent', 'add', 'one', ...places, '--', PROGRAM, `${directory}/server.mjs`],
        node.home,
      )
      expect(await added.ended(), added.shown()).toBe(0)
      expect((await node.karo(['agent', 'stop', 'one'])).code).toBe(0)
      await go('agents')
      const press = async (name: RegExp | string): Promise<void> => {
        await page.getByRole('button', { name }).first().focus()
        await page.keyboard.press('Enter')
      }
      // The list may say later than the agent itself that it runs.
      let isLate = true
      await page.route(/\/api\/v1\/agents(\?|$)/, async (route) => {
        const response = await route.fetch()
        const body = await response.text()
        await route.fulfill({ response, body: isLate ? body.replaceAll('"running"', '"starting"') : body })
      })
      await press('Start kExecutor:one')
      await page.getByText('starting').first().waitFor()
      await press(/^Open kExecutor:one/)
      await page.getByRole('heading', { name: 'Output' }).waitFor()
      const tools = page.getByRole('combobox', { name: 'Tool' })
      await tools.selectOption({ index: 0 })
      const input = page.getByRole('textbox', { name: /^arguments/ })
      await input.fill('["no object"]')
      isLate = false
      expect((await node.karo(['task', 'run', 'one', await tools.inputValue(), '{"text":"ok"}'])).code).toBe(
        0,
      )
      await page.getByText('starting').first().waitFor({ state: 'detached' })
      await press('Run')
      await page.getByText('has to be an object').waitFor()
      await input.fill('{"text":"hello \\u001b[31m there"}')
      await press('Run')
      const dialog = page.getByRole('dialog', { name: /^Task t-/ })
      await dialog.getByText('completed').first().waitFor()
      await dialog.locator('.terminal').getByText('hello').waitFor()
      expect(await dialog.textContent()).not.toContain('\u001b')
      expect.soft(await walkedByTab(page), 'a task with its output').toEqual(WELL_WALKED)
      expect.soft(await faultsOf(page), 'a task with its output').toEqual([])
      await page.keyboard.press('Escape')
      expect.soft(await walkedByTab(page), 'an agent with its tools and what it writes').toEqual(WELL_WALKED)
      await page.getByRole('heading', { name: 'Grants to agents' }).waitFor()
      expect(await page.locator('main').textContent()).toContain(`read ${directory}`)
      await tools.selectOption('get_stuck')
      await press('Run')
      await dialog.getByText('working').first().waitFor()
      expect.soft(await walkedByTab(page), 'a task at work').toEqual(WELL_WALKED)
      await pressTwice(/^Cancel this task/, dialog)
      await dialog.getByText('canceled').first().waitFor()
      await page.keyboard.press('Escape')
      await press('Stop kExecutor:one')
      await page.getByText('stopped').first().waitFor()
    },
  )

  test('a view whose code cannot be loaded says so, and comes when the page is loaded again', async () => {
    const other = await context.newPage()
    await open(other)
    await other.route(
      (address) => address.origin === origin && !address.pathname.startsWith('/api/'),
      (route) => (route.request().resourceType() === 'script' ? route.abort() : route.continue()),
    )
    await other.locator('nav a[href="#/agents"]').click()
    await other.getByText('This part of the page could not be loaded. Load the page again.').waitFor()
    await other.unrouteAll()
    await other.reload()
    await other.locator('main h1', { hasText: 'Agents' }).waitFor()
    await other.locator('.bone').first().waitFor({ state: 'detached' })
    expect(await other.getByText('could not be loaded').count()).toBe(0)
    await other.close()
  })

  test('where the Muscle is lost nothing can be approved, and a denial can', async () => {
    await page.route('**/api/v1/status', async (route) => {
      const response = await route.fetch()
      const agents = { state: 'locked', detail: 'karo-exec is not there' }
      await route.fulfill({ response, json: { ...((await response.json()) as object), agents } })
    })
    await page.route('**/api/v1/approvals', (route) =>
      route.fulfill({ json: { approvals: [poisoned('main', 1)] } }),
    )
    await go('approvals')
    await page.reload()
    await page.locator('.bar.warn').getByText('The Muscle is locked').waitFor()
    const card = page.locator('.card').first()
    await until(async () => card.getByRole('button', { name: /^Approve once/ }).isDisabled(), {
      what: 'approving is locked',
    })
    expect(await card.getByRole('button', { name: /^Deny request/ }).isEnabled()).toBe(true)
    await page.unrouteAll()
  })
})

/** Two approvals that tasks of agents want, and how such a task goes on: all of it at once, as a busy node tells it. */
const BATCH = [
  ['approval_wanted', { approval_id: 'aaaaaaaaa1', agent: 'kBridge:one', class: 'high' }],
  ['approval_wanted', { approval_id: 'aaaaaaaaa2', agent: 'kBridge:two', class: 'high' }],
  ['task_progress', { task: 't-1', agent: 'kBridge:two', state: 'TASK_STATE_WORKING', seq: 1, final: false }],
]
  .map(
    ([type, data], i) =>
      `id: ${i + 1}\nevent: ${type}\ndata: ${JSON.stringify({ id: String(i + 1), type, data, timestamp: new Date().toISOString() })}\n\n`,
  )
  .join('')

/** So long that its end would be out of sight in a part that scrolls. */
const LONG = `${'echo harmless\n'.repeat(60)}rm -rf /srv`
const HALF_SHOWN = `[...document.querySelectorAll('.card .argv, .card .text')]
  .filter((one) => one.scrollHeight > one.clientHeight).map((one) => one.className)`

function poisoned(words: string, i: number): ApprovalShape {
  const node_id = `karo:ed25519:${'A'.repeat(43)}` as ApprovalShape['target']['node_id']
  const diff = `--- a\n+++ a\n@@ -1 +1 @@\n-${words}\n+<img src=x>\n`
  return {
    id: `aaaaaaaaa${i % 10}`,
    state: 'pending',
    agent: `kExecutor:${words}`,
    action: words,
    class: 'high',
    kind: 'EditFile',
    risk: 'high',
    risks: [words],
    argv: [words, i === 0 ? LONG : words],
    cwd: `/${words}`,
    env: { A: words },
    binds: [{ path: `/${words}`, write: true }],
    input: i === 0 ? LONG : words,
    task: words,
    trace_id: '0'.repeat(32),
    why: words,
    code: [{ path: words, bytes: 1, content: words }],
    diff: [{ path: words, diff, note: words }],
    target: { node_id, fingerprint: '0'.repeat(16) },
    requested_by: words,
    hash: '0'.repeat(64),
    group: String(i),
    scope: 'once',
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 60_000).toISOString(),
  }
}
