// karo demo, as somebody new tries it: eight real nodes, totals that are exact, each role with what is its own, and nothing left behind.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AskersShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { canShowAgents } from '../../../src/cli/demo/agents.ts'
import { historyOf } from '../../../src/cli/demo/history.ts'
import { MACHINES } from '../../../src/cli/demo/machines.ts'
import type { Report } from '../../../src/exchange/report/index.ts'
import type { TransferEvent } from '../../../src/ops/care/transfer.ts'
import { DEMO_MS, isAlive, startDemo } from '../../support/node/demo.ts'
import { cleanEnv, runKaro, temporaryHome } from '../../support/node/node.ts'
import { follow, pages } from '../../support/pages/follow.ts'
import { createMachine } from '../../support/pages/machine.ts'
import { CHROMIUM, openChromium } from '../../support/run/browser.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'
import type { TerminalRun } from '../../support/shell/terminal-run.ts'

/** As long as these tests take, and more. */
const BEFORE_MIDNIGHT_MS = 180_000

/** Of the daemon that runs in this home. */
const pidOf = (home: string): number =>
  (JSON.parse(readFileSync(join(home, 'karo.lock'), 'utf8')) as { readonly pid: number }).pid

describe('karo demo', () => {
  let directory = ''
  let begun = 0
  let demo: TerminalRun
  let printed: () => string
  const ask = async (name: string, ...words: string[]): Promise<QueryResult> => {
    const { stdout, stderr } = await runKaro(
      ['query', ...words, '--json'],
      cleanEnv(join(directory, `.${name}`)),
    )
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as QueryResult
  }
  const pids = (): number[] => MACHINES.map(({ name }) => pidOf(join(directory, `.${name}`)))

  beforeAll(async () => {
    // The totals are of the seven days before the demonstration began, and midnight would bring an eighth.
    await until(() => Date.now() % DAY_MS < DAY_MS - BEFORE_MIDNIGHT_MS, { what: 'midnight has passed' })
    begun = Date.now()
    ;({ demo, printed } = startDemo(temporaryHome(), '--json'))
    await until(() => printed().endsWith('\n') || !isAlive(demo.pid), {
      what: 'the nodes of the demonstration',
      deadlineMs: DEMO_MS,
    })
    if (printed() === '') throw new Error(demo.shown())
    directory = dirname((JSON.parse(printed()) as { nodes: { home: string }[] }).nodes[0]!.home)
  })

  test('with --json one line says which nodes there are', () => {
    expect(printed().trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(printed())).toEqual({
      nodes: MACHINES.map(({ name, roles }) => ({ name, roles, home: join(directory, `.${name}`) })),
      http: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    })
  })

  test('security staff read exact totals of all machines, and of none of them', async () => {
    let result = await ask('ciso', 'tools', '--last', '8d')
    await until(
      async () => {
        result = await ask('ciso', 'tools', '--last', '8d')
        const released = result.released?.buckets.filter(({ why }) => why === null) ?? []
        return released.length >= 6 && released.every(({ contributions }) => contributions?.contributed === 8)
      },
      { what: 'totals of six days, of all eight machines', deadlineMs: DEMO_MS },
    )
    const partly = new Set(result.released!.partly)
    const spans = result.released!.buckets.filter(({ why }) => why === null)
    const plain = new Map<string, number>()
    for (const [index, machine] of MACHINES.entries()) {
      for (const line of historyOf(machine, index, begun).trim().split('\n').slice(1, -1)) {
        const { tool, timestamp } = JSON.parse(line) as TransferEvent
        const isIn = spans.some(({ start, end }) => timestamp >= start && timestamp < end)
        if (isIn) plain.set(tool, (plain.get(tool) ?? 0) + 1)
      }
    }
    const { tools } = result.data as Extract<QueryResult['data'], { tools: unknown }>
    const whole = tools.filter(({ tool }) => !partly.has(tool))
    expect(whole.map(({ tool }) => tool)).toEqual(expect.arrayContaining(['git', 'ls', 'vim']))
    for (const { tool, uses } of whole) expect([tool, uses]).toEqual([tool, plain.get(tool)])
    // Fewer than six machines have it.
    expect(tools.map(({ tool }) => tool)).not.toContain('terraform')
    expect(result).toMatchObject({ level: 2, status: 'success', coverage: { known: 8, nodes: [] } })
    expect(result.nodes).toBeUndefined()
  })

  test('a person with the role reads the same totals from a machine without it, and is named at both ends', async () => {
    const [pass, file] = [join(directory, '.words'), join(directory, '.dora.karo')]
    writeFileSync(pass, 'words of nobody else here\n', { mode: 0o600 })
    const karo = (name: string, ...words: string[]) => runKaro(words, cleanEnv(join(directory, `.${name}`)))
    const secret = ['--passphrase-file', pass]
    const issue = ['operator', 'issue', 'dora', '--role', 'security', '--to', file, ...secret]
    expect(await karo('hq', ...issue)).toMatchObject({ code: 0 })
    expect(await karo('web-1', 'login', '--credential', file, ...secret)).toMatchObject({ code: 0 })
    const both = async () => ({
      there: await ask('ciso', 'tools', '--last', '8d', '--level', '2'),
      here: await ask('web-1', 'tools', '--last', '8d', '--level', '2'),
    })
    let asked = await both()
    const isOfTheSame = ({ there, here }: typeof asked): boolean =>
      isDeepStrictEqual(here.released?.buckets, there.released?.buckets)
    // A bucket may be released between the two questions.
    const comeTogether = async (): Promise<boolean> => {
      if (!isOfTheSame(asked)) asked = await both()
      return isOfTheSame(asked)
    }
    await until(comeTogether, { what: 'both have the same buckets' })
    const { there, here } = asked
    expect(here).toMatchObject({ status: 'success', asked_as: { name: 'dora' } })
    expect(here.data).toEqual(there.data)
    expect(here.released!.refused).toEqual([])
    const [holder] = here.released!.holders
    const { stdout } = await karo(holder!.name, 'audit', 'who-asked', '--json')
    const { totals } = JSON.parse(stdout) as AskersShape
    expect(totals.fetched[0]).toMatchObject({
      node: { name: 'web-1' },
      operator: { name: 'dora' },
      audience: 'security',
      query_type: 'ToolUsage',
    })
    expect(totals.given.length).toBeGreaterThanOrEqual(6)
    expect(totals.may_read).toContainEqual(expect.objectContaining({ audience: 'security' }))
    // Logged out, the same machine reads nothing any more.
    expect(await karo('web-1', 'logout')).toMatchObject({ code: 0 })
    expect(await ask('web-1', 'tools', '--level', '2')).toMatchObject({ status: 'access_denied' })
  })

  test('the report of security staff says the same as plain addition, and nobody else gets one', async () => {
    const report = async (name: string) => {
      const { code, stdout } = await runKaro(
        ['report', '--last', '8d', '--json'],
        cleanEnv(join(directory, `.${name}`)),
      )
      return { code, said: JSON.parse(stdout) as Report & { readonly error?: { readonly code: string } } }
    }
    const { code, said } = await report('ciso')
    expect([code, said.state, said.audience]).toEqual([0, 'shown', 'security'])
    const spans = said.coverage.trend.filter(({ why }) => why === null)
    expect(spans.length).toBeGreaterThanOrEqual(6)
    const plain = new Map<string, number>()
    for (const [index, machine] of MACHINES.entries()) {
      for (const line of historyOf(machine, index, begun).trim().split('\n').slice(1, -1)) {
        const { tool, timestamp } = JSON.parse(line) as TransferEvent
        const isIn = spans.some(({ start, end }) => timestamp >= start && timestamp < end)
        if (isIn) plain.set(tool, (plain.get(tool) ?? 0) + 1)
      }
    }
    const whole = said.tools.rows.filter(({ at_least }) => !at_least)
    expect(whole.length).toBeGreaterThan(5)
    for (const { tool, value, machines } of whole) {
      expect([tool, value, machines]).toEqual([tool, plain.get(tool), 8])
    }
    expect(said.coverage.rows[0]).toMatchObject({ expected: 8, contributed: 8, consent: 1 })
    // Risk by rule, of commands that came from a file without rules.
    expect(said.risk.rules).toContainEqual(
      expect.objectContaining({ level: 'high', rule: 'git-force-push', machines: 8 }),
    )
    for (const name of ['lead', 'web-1'])
      expect(await report(name)).toMatchObject({ code: 4, said: { error: { code: 'refused' } } })
  })

  test('who has another role does not read them; a lead sees the machines of the team', async () => {
    expect(await ask('lead', 'tools', '--level', '2')).toMatchObject({ status: 'access_denied' })
    expect(await ask('web-1', 'tools', '--level', '2')).toMatchObject({ status: 'access_denied' })
    const { status, nodes } = await ask('lead', 'tools', '--team', 'web', '--per-node')
    expect([status, nodes?.map(({ name }) => name).sort()]).toEqual(['success', ['web-1', 'web-2']])
    // Her own numbers are hers; of no other machine she has any.
    expect((await ask('ciso', 'tools', '--level', '1')).coverage).toMatchObject({ known: 7, answered: 0 })
  })

  test.skipIf(CHROMIUM === undefined)(
    'in the page each role sees its own, and no view is empty for everybody',
    async () => {
      const browser = await openChromium()
      try {
        const pageOf = async (name: string): Promise<Page> => {
          const { stdout } = await runKaro(['dashboard', '--no-open'], cleanEnv(join(directory, `.${name}`)))
          const page = await (await browser.newContext()).newPage()
          page.setDefaultTimeout(PATIENCE_MS)
          await page.goto(stdout.trim())
          await page.locator('nav').waitFor()
          return page
        }
        const view = async (page: Page, name: string): Promise<string> => {
          await page
            .locator('nav')
            .getByRole('link', { name: new RegExp(`^${name}(?![a-z])`) })
            .click()
          await page.getByRole('heading', { level: 1, name }).waitFor()
          await page.locator('.bone').first().waitFor({ state: 'detached' })
          return (await page.locator('main').textContent()) ?? ''
        }
        const [ciso, lead, web] = [await pageOf('ciso'), await pageOf('lead'), await pageOf('web-1')]
        const posture = await view(ciso, 'Posture')
        for (const said of [
          'At a glance',
          'blocked by the guard',
          'run by AI tools',
          'Declined',
          'By name: no machine lets',
        ])
          expect(posture).toContain(said)
        for (const level of ['safe', 'moderate', 'high', 'critical'])
          expect(posture).toMatch(new RegExp(`${level}[^%]*%`))
        expect(posture).toMatch(/[Pp]rivilege escalation/)
        await ciso.getByLabel('Team or subnet').fill('web')
        await ciso.getByLabel('Team or subnet').press('Enter')
        await ciso.getByText('the team web').first().waitFor()
        for (const page of [lead, web]) expect(await view(page, 'Posture')).toContain('You may not see this')
        expect(await view(lead, 'Team')).toContain('The team web')
        await lead.getByRole('button', { name: 'Ask the team' }).click()
        await lead.getByText('web-2').first().waitFor()
        for (const page of [ciso, lead, web]) {
          // Which commands are the newest depends on the hour at which this runs.
          expect(await view(page, 'Me')).toContain('The newest 20 of')
          expect(await view(page, 'Mesh')).toContain('Who is reached')
          expect(await view(page, 'Sharing')).toContain('Your consent')
        }
        if (canShowAgents()) {
          expect(await view(lead, 'Agents')).toContain('kExecutor:notes')
          expect(await view(lead, 'Approvals')).toContain('nothing from a network goes straight into a shell')
        }
      } finally {
        await browser.close()
      }
    },
  )

  test.each(pages('on demo'))('%s shows what is there', (name) =>
    follow(name, async (names) => {
      const place = temporaryHome()
      const machineOf = (one: string) =>
        createMachine({ name: one, directory: place, env: { KARO_HOME: join(directory, `.${one}`) } })
      return new Map(names.map((one) => [one, machineOf(one)]))
    }),
  )

  test('Ctrl-C ends every node and removes what was made', async () => {
    const running = pids()
    expect(running).toHaveLength(8)
    for (const pid of running) expect(isAlive(pid)).toBe(true)
    // Impatience leaves nothing behind either.
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGINT'] as const) process.kill(demo.pid, signal)
    expect(await demo.ended()).toBe(0)
    expect(existsSync(directory)).toBe(false)
    for (const pid of running) expect(isAlive(pid)).toBe(false)
  })
})

test('a demo that is killed leaves no node and no file', async () => {
  const place = temporaryHome()
  const { demo } = startDemo(place)
  const made = () => readdirSync(place).filter((name) => name.startsWith('karo-demo-'))
  const begun = () =>
    MACHINES.map(({ name }) => join(place, made()[0] ?? '', `.${name}`)).filter((home) =>
      existsSync(join(home, 'karo.lock')),
    )
  // While they start: that some have begun is enough to see them end.
  await until(() => begun().length >= 2, {
    what: 'the first nodes of the demonstration',
    deadlineMs: DEMO_MS,
  })
  const running = begun().map(pidOf)
  process.kill(demo.pid, 'SIGKILL')
  await until(() => made().length === 0 && !running.some(isAlive), { what: 'the end of all nodes' })
})
