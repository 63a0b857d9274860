// karo anomalies, and the notice of a new shell, against a daemon that is played: what is told is noted, and nothing else.
import { expect, onTestFinished, test, vi } from 'vitest'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { tellUnusual } from '../../../src/cli/terminal/notice.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { karo, playDaemon } from '../../support/node/played-daemon.ts'

const SEEN = 'POST /api/v1/anomalies/seen'
const { signals: found } = ANSWERS.SeenAnomalies as { signals: readonly object[] }
const signal = (id: string, seen: boolean) => ({ ...found[0], id, words: `words of ${id}`, seen })
const noted = (requests: readonly { line: string; body: unknown }[]) =>
  requests.filter(({ line }) => line === SEEN).map(({ body }) => body)

test('what was not shown is not noted as seen', async () => {
  const listed = (signals: readonly object[], ...words: string[]) =>
    karo({ 'GET /api/v1/anomalies': { signals, mutes: [] }, [SEEN]: { signals: [] } }, 'anomalies', ...words)
  const shown = await listed([signal('a', false), signal('b', true)], '--since', '1h')
  expect(shown.out).toContain('new: words of a')
  expect(noted(shown.requests)).toEqual([{ ids: ['a'] }])
  expect(noted((await listed([signal('b', true)])).requests)).toEqual([])
  // A script is no person.
  expect(noted((await listed([signal('a', false)], '--json')).requests)).toEqual([])
})

/** A new shell's command, with what it told; `seen` is what the daemon answers. */
async function shell(seen: () => readonly object[], liveLine = true) {
  const { socket, requests } = await playDaemon({ [SEEN]: () => ({ signals: seen() }) })
  let told = ''
  const err = (text: string) => (told += text)
  const io = { socket, call: daemonAt({ socket }).call, json: false, terminal: false, liveLine, err }
  return { io: io as unknown as CommandIo, requests, told: () => told }
}
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

test('a new shell tells of some, notes these, and waits 50 ms for both together', async () => {
  stopTime()
  const limits = vi.spyOn(globalThis, 'setTimeout')
  const { io, requests, told } = await shell(() => {
    vi.advanceTimersByTime(30)
    return [signal('a', false), signal('b', false)]
  })
  // The second answer comes after its end.
  await tellUnusual(io)
  expect(told()).toBe('karo: words of a; 1 more  (karo anomalies)\n')
  expect(requests.map(({ body }) => body)).toEqual([{ severity: 5, notice: true }, { ids: ['a', 'b'] }])
  expect(limits.mock.calls.map(([, ms]) => ms)).toEqual([50, 20])
})

test('where nobody would see the notice it is left for another time', async () => {
  const unseen = await shell(() => [signal('a', false)], false)
  const quiet = await shell(() => [], false)
  stopTime()
  expect(await tellUnusual(unseen.io)).toBe(false)
  expect([unseen.told(), noted(unseen.requests)]).toEqual(['', [{ severity: 5, notice: true }]])
  expect(await tellUnusual(quiet.io)).toBe(true)
})
