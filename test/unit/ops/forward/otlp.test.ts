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

test('another reason is said, the same one is not said again, and so is the end of them', async () => {
  let status = 401
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'retry-after': '60' }).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { config, clock } = depsFor('ecs+tcp://127.0.0.1:1')
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const said: (string | undefined)[] = []
  let asked = 0
  server.on('request', () => asked++)
  const traces = createTraces({
    config: { ...config, forward: { ...config.forward, traces: to } },
    clock,
    random: systemRandom,
    sender: { ...sender, version: '0.0.0' },
    onTrouble: (problem) => void said.push(problem),
  })
  await traces.start(new AbortController().signal)
  const sent = async (): Promise<void> => {
    const before = asked
    traces.sink('debug', FINISHED, 'query ended')
    await until(() => asked > before, { what: 'the collector is asked' })
  }
  await sent()
  await sent()
  await until(() => said.length === 1, { what: 'the first reason' })
  status = 413
  await sent()
  await until(() => said.length === 2, { what: 'another reason' })
  status = 503
  await sent()
  await until(() => said.length === 3, { what: 'a third reason' })
  status = 200
  await sent()
  await until(() => said.length === 4, { what: 'it takes them again' })
  await traces.stop()
  expect(said).toEqual(['Unauthorized', 'Payload Too Large', 'it answers that it is overloaded', undefined])
})

test('why the last ones were not taken is known until some are, also before anything was sent', async () => {
  let status = 401
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { config, clock } = depsFor('ecs+tcp://127.0.0.1:1')
  const tracesTo = (traces: string, tls_ca = '') =>
    createTraces({
      config: { ...config, forward: { ...config.forward, traces, tls_ca } },
      clock,
      random: systemRandom,
      sender: { ...sender, version: '0.0.0' },
      onTrouble: () => {},
    })
  const { signal } = new AbortController()
  expect(tracesTo('').problem()).toBe(undefined)
  const unreadable = tracesTo('https://127.0.0.1:1', '/nonexistent')
  await unreadable.start(signal)
  expect(unreadable.problem()).toContain('/nonexistent')

  const traces = tracesTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await traces.start(signal)
  expect(traces.problem()).toBe(null)
  const said = (problem: string | null) => () => {
    traces.sink('debug', FINISHED, 'query ended')
    return traces.problem() === problem
  }
  await until(said('Unauthorized'), { what: 'the problem is known' })
  status = 200
  await until(said(null), { what: 'they are taken' })
  await traces.stop()
})
