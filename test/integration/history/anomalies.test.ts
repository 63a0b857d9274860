// karo anomalies on a real daemon: found in what a shell left, the numbers told, and each only their own.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AnomaliesShape, AnomalyShape } from '../../../src/api/contract/shapes.ts'
import { everyHour, spoolPast } from '../../support/data/past.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { ToldShape } from '../../support/shapes.ts'
import { openBash } from '../../support/shell/pty.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const root = process.getuid?.() === 0
const ANN = 12_345
const DAY_MS = 86_400_000
/** Hours of days are those of UTC, so that the past is the same wherever this runs. */
const UTC = { TZ: 'UTC' }

/** A minute ago, but today. */
const soon = (n: number): number =>
  Math.max(Date.now() - 60_000, Math.floor(Date.now() / DAY_MS) * DAY_MS) + n
const risky = Array.from({ length: 9 }, (_, i) => ({ command: 'rm -rf /', at: soon(i), exit: 1 }))
const kubectl = Array.from({ length: 40 }, (_, i) => ({
  command: `kubectl get pods -n ${i}`,
  at: soon(100 + i),
}))

describe('what is unusual', () => {
  let node: TestNode
  const socket = (): string => join(node.home, 'karo.sock')
  const list = (...more: string[]) => node.json<AnomaliesShape>(['anomalies', ...more])

  beforeAll(async () => {
    node = await startNode({ env: UTC })
    spoolPast(node.home, everyHour(20, Date.now()))
    await until(async () => (await node.status()).store.events === 960, { what: 'the past is stored' })
  })

  test('ordinary days say nothing', async () => {
    expect(await list()).toEqual({ signals: [], mutes: [] })
    expect((await node.karo(['anomalies'])).stdout).toBe('Nothing unusual was found in your numbers.\n')
    expect((await node.karo(['status'])).stdout).not.toContain('unusual')
  })

  test('what never was so is found, with the numbers behind it', async () => {
    const before = (await node.status()).store.events
    spoolPast(node.home, [...risky, ...kubectl])
    await until(async () => (await node.status()).store.events === before + 49, { what: 'today is stored' })

    const { signals } = await list()
    const pattern = signals.find(({ kind }) => kind === 'unusual_pattern')
    expect(pattern).toMatchObject({
      subject: 'kubernetes',
      count: 1,
      ongoing: true,
      muted: false,
      seen: false,
      numbers: { unit: 'commands', observed: 40, expected: 0, n: 20 },
      words: '40 commands of kubernetes in a day; never on the 20 working days before',
    })
    const risk = signals.find(({ kind }) => kind === 'repeated_risk')
    expect(risk).toMatchObject({ severity: 7, subject: null, numbers: { observed: 9, expected: 0, n: 20 } })
    // Asked again it is the same one.
    expect((await list()).signals.map(({ id }) => id)).toEqual(signals.map(({ id }) => id))

    const shown = await node.karo(['anomalies', 'show', risk!.id])
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/observed +9 commands\nusual +none/),
    })
    expect(await node.json<AnomalyShape>(['anomalies', 'show', risk!.id])).toEqual(risk)
    expect(JSON.stringify(signals)).not.toMatch(/rm -rf|get pods/)
  })

  test('the notice of a new shell is given once, and of what weighs only', async () => {
    const status = await node.karo(['status'])
    expect(status.stdout).toMatch(/^unusual +2 new in your numbers: karo anomalies$/m)
    const seen = (body: object) =>
      callDaemon({ socket: socket() }, 'POST', '/api/v1/anomalies/seen', body) as Promise<ToldShape>
    const kinds = async (body: object) => (await seen(body)).signals.map(({ kind }) => kind)
    // To be told of it is not to have seen it.
    for (const _ of [1, 2]) expect(await kinds({ severity: 5, notice: true })).toEqual(['repeated_risk'])
    const rc = join(node.home, 'rc')
    writeFileSync(rc, `eval "$('${process.execPath}' '${KARO}' shell init bash)"\n`)
    const shellShows = async (): Promise<string> => {
      const bash = await openBash({ rc, env: { ...UTC, KARO_HOME: node.home } })
      await bash.close()
      return bash.output()
    }
    // On a busy machine the daemon may be later than a shell would wait; the next one is told then.
    const shells: string[] = []
    // Nor would it wait long for that to be noted: where it was not, one more is told.
    await until(
      async () => {
        shells.push(await shellShows())
        return (await kinds({ severity: 5, notice: true })).length === 0
      },
      { what: 'a shell is told, and it is seen' },
    )
    expect(shells.find((text) => text.includes('karo: '))).toMatch(
      /^karo: 9 commands of high risk or stopped by the guard within an hour;.*\(karo anomalies\)\r$/m,
    )
    expect(await shellShows()).not.toContain('karo: ')
    expect(await kinds({ severity: 5 })).toEqual([])
    // What is not shown is not seen.
    const later = new Date(Date.now() + DAY_MS).toISOString()
    expect((await node.karo(['anomalies', '--since', later])).stdout).not.toContain('new: ')
    expect((await node.karo(['anomalies'])).stdout).toMatch(/new: 40 commands of kubernetes/)
    expect((await node.karo(['anomalies'])).stdout).not.toContain('new: ')
    expect((await node.karo(['status'])).stdout).not.toContain('unusual')
  })

  test.runIf(root)('nobody sees, mutes or is told of what is somebody else’s', async () => {
    chmodSync(node.home, 0o711)
    chmodSync(socket(), 0o666)
    async function as<T>(uid: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
      process.seteuid?.(uid)
      const answer = callDaemon({ socket: socket() }, method, path, body)
      process.seteuid?.(0)
      return (await answer) as T
    }
    const own = await list('--all')
    spoolPast(node.home, [...everyHour(20, Date.now()), ...risky.slice(0, 6)], ANN)
    const anns = await until(
      async () => {
        const { signals } = await as<AnomaliesShape>(ANN, 'GET', '/api/v1/anomalies')
        return signals.length === 1 && signals
      },
      { what: 'ann has a signal of her own' },
    )
    expect(anns).toMatchObject([{ kind: 'repeated_risk', numbers: { observed: 6 }, seen: false }])
    expect(await list('--all')).toEqual(own)
    // What one mutes and sees is not muted and seen for the other.
    const mute = { what: own.signals[0]!.id, for_ms: null }
    await expect(as(ANN, 'POST', '/api/v1/anomalies/mute', mute)).rejects.toMatchObject({ code: 'not_found' })
    await as(ANN, 'POST', '/api/v1/anomalies/mute', { what: 'repeated_risk', for_ms: null })
    expect((await as<AnomaliesShape>(ANN, 'GET', '/api/v1/anomalies')).signals).toEqual([])
    expect(await list('--all')).toEqual(own)
    expect((await as<ToldShape>(0, 'POST', '/api/v1/anomalies/seen', {})).signals).toEqual([])
  })
})
