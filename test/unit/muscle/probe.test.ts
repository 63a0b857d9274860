// How often an attempt to get out is made again, before what it found counts.
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { systemTimers, type Timers } from '../../../src/base/clock.ts'
import type { ProviderName } from '../../../src/muscle/contract/messages.ts'
import type { Provider } from '../../../src/muscle/jail/provider.ts'
import { ATTEMPTS } from '../../../src/muscle/probes/attempts.ts'
import { probeAll } from '../../../src/muscle/probes/probe.ts'

const outcomes = (held: boolean): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.keys(ATTEMPTS).map((name) => [name, { held: held || name !== 'fork_bomb', detail: '' }]),
    ),
  )

/** What is not held by a provider whose jails say these texts one after the other, and how many jails there were. */
async function probed(name: ProviderName, texts: readonly string[], timers: Timers = systemTimers) {
  let jails = 0
  const provider: Provider = {
    name,
    cannot: [],
    endLeftovers: () => 0,
    problem: () => undefined,
    async start() {
      const said = texts[Math.min(jails++, texts.length - 1)] as string
      return {
        stdin: undefined,
        stdout: Readable.from([said]),
        stderr: Readable.from([]),
        kill() {},
        ended: Promise.resolve({ code: 0, signal: null }),
      }
    },
  }
  const results = await probeAll({ providers: [provider], timers, program: { argv: ['/none'], files: [] } })
  return { jails, open: results.filter(({ held }) => !held).length }
}

test('too many tasks count at once where a jail has its own count of them, and not at once where its user has', async () => {
  expect(await probed('bwrap', [outcomes(false), outcomes(true)])).toEqual({ jails: 1, open: 1 })
  expect(await probed('landlock', [outcomes(false), outcomes(true)])).toEqual({ jails: 2, open: 0 })
})

test('attempts that did not begin are made three times, and only once where they took all of their time', async () => {
  const none = Object.keys(ATTEMPTS).length
  expect(await probed('bwrap', ['', '', outcomes(true)])).toEqual({ jails: 3, open: 0 })
  expect(await probed('bwrap', [''])).toEqual({ jails: 3, open: none })
  const atOnce: Timers = {
    after(_, run) {
      run()
      return () => {}
    },
  }
  expect(await probed('bwrap', [''], atOnce)).toEqual({ jails: 1, open: none })
})
