// A daemon that is played: what the command line sends to it, and what it makes of the answers.
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { temporaryDirectory } from '../data/database.ts'
import { commandLine } from '../run/command-line.ts'

interface PlayedRequest {
  readonly line: string
  readonly body: unknown
}

/** Answers by `METHOD path`, without the query; of the body where it is a function. 404 for the rest, and for undefined. */
type Answers = Readonly<Record<string, unknown>>

/** `build`: what it says it is; by default nothing, so that its answers are held against their schemas. */
export async function playDaemon(answers: Answers, build?: string) {
  const home = temporaryDirectory()
  const requests: PlayedRequest[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      requests.push({
        line: `${request.method} ${request.url}`,
        body: text === '' ? undefined : JSON.parse(text),
      })
      const said = answers[`${request.method} ${request.url?.split('?')[0]}`]
      const answer = typeof said === 'function' ? said(requests.at(-1)?.body) : said
      response.statusCode = answer === undefined ? 404 : 200
      if (build !== undefined) response.setHeader('x-karo-build', build)
      const missing = { error: { code: 'not_found', message: 'no such thing', hint: 'look elsewhere' } }
      response.end(JSON.stringify(answer ?? missing))
    })
  })
  const socket = join(home, 'karo.sock')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(() => void server.close())
  return { home, socket, requests }
}

/** One command line against it. */
export async function karo(answers: Answers, ...words: string[]) {
  const { home, requests } = await playDaemon(answers)
  const { code, out, err } = await commandLine(words, { env: { KARO_HOME: home } })
  return { code, out, err, requests }
}

/** The answer about policies, with this bundle of the mesh. */
export const policyWith = (organisation: unknown): Answers => ({
  'GET /api/v1/policy': {
    engine: 'built-in',
    files: [],
    warnings: [],
    loaded_at: '2026-01-02T03:04:05.000Z',
    roles: [],
    teams: [],
    problem: null,
    organisation,
  },
})

/** A bundle that says nothing but who computes totals, and who did before. */
export const bundleOf = (aggregators: readonly NodeId[], former: readonly NodeId[] = []) => {
  const named = (nodes: readonly NodeId[]) =>
    nodes.map((node_id) => ({ node_id, operator: node_id.slice(-4) }))
  const until = '2026-01-02T03:04:05.000Z'
  return {
    number: 3,
    signed_at: until,
    lost: null,
    policies: 0,
    text: '',
    max_level: null,
    k_min: null,
    settings: [],
    totals: {
      aggregators: named(aggregators),
      bucket: 'day',
      first: null,
      noise: null,
      audiences: ['security'],
      former: former.length === 0 ? [] : [{ until, aggregators: named(former), bucket: 'day' }],
    },
    accepts: 'restrict',
    problem: null,
  }
}

/**
 * Command lines against it, one after the other, for a page of snapshots: what each asks the daemon, what it prints, what it
 * says beside that, and how it exits. Words are parted by blanks, unless they are given one by one. What is another each
 * time is left out: the home, the id of the trace, how long ago something was, and the time of day, which depends on where one is.
 */
export async function transcript(
  answers: Answers,
  ...lines: readonly (string | readonly string[])[]
): Promise<string> {
  const pages: string[] = []
  for (const line of lines) {
    const words = typeof line === 'string' ? line.split(' ') : line
    const { home, requests } = await playDaemon(answers)
    const { code, out, err } = await commandLine(words, { env: { KARO_HOME: home } })
    const asked = requests.map(({ line, body }) => `> ${line} ${JSON.stringify(body) ?? ''}`.trimEnd())
    const beside = err
      .split('\n')
      .slice(0, -1)
      .map((text) => `! ${text}`)
    const page = [`$ karo ${words.join(' ')}`, ...asked, out.replace(/\n$/, ''), ...beside, `exit ${code}`]
    pages.push(
      page
        .filter((text) => text !== '')
        .join('\n')
        .replaceAll(home, '/home')
        .replaceAll(/"trace_id":"[0-9a-f]{32}"/g, '"trace_id":"…"')
        .replaceAll(/\d+ (s|min|h|d) ago/g, 'some $1 ago')
        .replaceAll(/(\d{4}-\d\d-\d\d) \d\d:\d\d(:\d\d)?/g, '$1 …'),
    )
  }
  return `${pages.join('\n\n')}\n`
}
