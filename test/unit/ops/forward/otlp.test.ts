// What is said of a collector of traces: each new reason why it takes none, and that it takes them again.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createTraces } from '../../../../src/ops/forward/traces.ts'
import { depsFor, sender } from '../../../support/node/forwarding.ts'
import { until } from '../../../support/run/until.ts'

/** A step that took a millisecond. */
const FINISHED = { trace_id: 'a'.repeat(32), elapsed_ms: 1 }

/** A collector that gives each request this status, and counts them. */
async function startCollector() {
  const collector = { status: 401, asked: 0, url: '' }
  const server = createServer((request, response) => {
    collector.asked++
    request.resume().on('end', () => response.writeHead(collector.status, { 'retry-after': '60' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return collector
}

async function startTraces(to: string, { tls_ca = '', onTrouble = (_problem?: string) => {} } = {}) {
  const { config, clock } = depsFor('ecs+tcp://127.0.0.1:1')
  const traces = createTraces({
    config: { ...config, forward: { ...config.forward, traces: to, tls_ca } },
    clock,
    random: systemRandom,
    sender: { ...sender, version: '0.0.0' },
    onTrouble,
  })
  await traces.start()
  return traces
}

test('another reason is said, the same one is not said again, and so is the end of them', async () => {
  const collector = await startCollector()
  const said: (string | undefined)[] = []
  const traces = await startTraces(collector.url, { onTrouble: (problem) => void said.push(problem) })
  const sent = async (): Promise<void> => {
    const before = collector.asked
    traces.sink('debug', FINISHED, 'query ended')
    await until(() => collector.asked > before, { what: 'the collector is asked' })
  }
  await sent()
  await sent()
  await until(() => said.length === 1, { what: 'the first reason' })
  collector.status = 413
  await sent()
  await until(() => said.length === 2, { what: 'another reason' })
  collector.status = 503
  await sent()
  await until(() => said.length === 3, { what: 'a third reason' })
  collector.status = 200
  await sent()
  await until(() => said.length === 4, { what: 'it takes them again' })
  await traces.stop()
  expect(said).toEqual([
    'it answers 401 Unauthorized',
    'it answers 413 Payload Too Large',
    'it answers that it is overloaded',
    undefined,
  ])
})

test('why the last ones were not taken is known until some are, also before anything was sent', async () => {
  expect((await startTraces('')).problem()).toBe(undefined)
  const unreadable = await startTraces('https://127.0.0.1:1', { tls_ca: '/nonexistent' })
  expect(unreadable.problem()).toContain('/nonexistent')

  const collector = await startCollector()
  const traces = await startTraces(collector.url)
  expect(traces.problem()).toBe(null)
  const said = (problem: string | null) => () => {
    traces.sink('debug', FINISHED, 'query ended')
    return traces.problem() === problem
  }
  await until(said('it answers 401 Unauthorized'), { what: 'the problem is known' })
  collector.status = 200
  await until(said(null), { what: 'they are taken' })
  await traces.stop()
})
