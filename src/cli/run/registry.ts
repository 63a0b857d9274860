// The sessions that run: each is a socket in a directory that no jail sees, and says there what it is, and takes what is allowed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { unmake } from './guarded.ts'

export interface SessionShape {
  readonly session: string
  readonly tool: string
  readonly project: string
  /** RFC 3339. */
  readonly since: string
  /** `all`, and hosts that were named. */
  readonly network: readonly string[]
  /** What it asked for and did not get, the latest last. */
  readonly denied: readonly string[]
}

const ID = /^[0-9a-f]{6}$/
/** Bytes of a question or an answer here. */
export const MOST_ASKED = 64 * 1024

const directoryOf = (karo: string): string => join(karo, 'run')

/** Answers what comes as one JSON document with another one, and closes. What cannot be read is answered with nothing. */
export function answering(path: string, most: number, answer: (asked: unknown) => unknown): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    void said(socket, most)
      .then(async (words) => socket.end(JSON.stringify(await answer(JSON.parse(words)))))
      .catch(() => socket.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })
}

async function said(socket: Socket, most: number): Promise<string> {
  let size = 0
  socket.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > most) socket.destroy()
  })
  return text(socket)
}

/** Rejects where nobody answers at the socket. */
export async function asking(path: string, question: unknown): Promise<unknown> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.end(JSON.stringify(question))
  return JSON.parse(await text(socket))
}

/** Those that answer. What is left of others is taken away, with what they made in projects. */
export async function sessions(karo: string): Promise<readonly SessionShape[]> {
  const directory = directoryOf(karo)
  const ids = orElse(() => readdirSync(directory), []).filter((name) => ID.test(name))
  const found: SessionShape[] = []
  for (const id of ids) {
    try {
      found.push((await asking(join(directory, id), {})) as SessionShape)
    } catch {
      forget(karo, id)
    }
  }
  return found
}

/** Throws KaroError `not_found`. */
export async function allowHosts(karo: string, id: string, hosts: readonly string[]): Promise<SessionShape> {
  const isKnown = ID.test(id) && existsSync(join(directoryOf(karo), id))
  if (isKnown) return (await asking(join(directoryOf(karo), id), { network: hosts })) as SessionShape
  throw new KaroError('not_found', `no session ${id.slice(0, 20)} runs`, {
    where: 'karo run',
    hint: 'karo run list  shows those that run.',
  })
}

const leftOf = (karo: string, id: string): string => join(directoryOf(karo), `${id}.made`)
const madeBy = (karo: string, id: string): readonly string[] =>
  orElse(() => JSON.parse(readFileSync(leftOf(karo, id), 'utf8')) as readonly string[], [])

/** Notes what was made in projects for this session; what another one has made and this one needs is noted, too. */
export function note(karo: string, id: string, made: readonly string[], needed: readonly string[]): void {
  mkdirSync(directoryOf(karo), { recursive: true, mode: 0o700 })
  const theirs = others(karo, id).filter((path) => needed.includes(path) && !made.includes(path))
  writeFileSync(leftOf(karo, id), JSON.stringify([...theirs, ...made]), { mode: 0o600 })
}

const others = (karo: string, id: string): readonly string[] =>
  orElse(() => readdirSync(directoryOf(karo)), [])
    .filter((name) => name.endsWith('.made') && name !== `${id}.made`)
    .flatMap((name) => madeBy(karo, name.slice(0, -'.made'.length)))

/** Takes away what was made for the session and no other one needs. */
export function forget(karo: string, id: string): void {
  const needed = new Set(others(karo, id))
  unmake(madeBy(karo, id).filter((path) => !needed.has(path)))
  for (const path of [leftOf(karo, id), join(directoryOf(karo), id), join(directoryOf(karo), `${id}h`)])
    rmSync(path, { force: true })
}
