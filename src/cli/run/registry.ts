// The sessions that run: each is a socket in a directory that no jail sees, and says there what it is, and takes what is allowed.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ErrorCode, KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { unmake } from './guarded.ts'

export interface SessionShape {
  readonly session: string
  readonly tool: string
  readonly project: string
  /** Directories that it may change since a person allowed it. */
  readonly write: readonly string[]
  /** RFC 3339. */
  readonly since: string
  /** `all`, and hosts that were named. */
  readonly network: readonly string[]
  /** What it asked for and did not get, the latest last. */
  readonly denied: readonly string[]
}

/** What a person allows while it runs. */
export interface More {
  readonly network: readonly string[]
  readonly write: readonly string[]
}

/** What a session answers to what it does not take. */
interface Refused {
  readonly refused: {
    readonly code: ErrorCode
    readonly message: string
    readonly where?: string
    readonly hint?: string
  }
}

const ID = /^[0-9a-f]{6}$/
/** Bytes of a question or an answer here. */
export const MOST_ASKED = 64 * 1024

const directoryOf = (karo: string): string => join(karo, 'run')

/** Answers what comes as one JSON document with another one, and closes. What cannot be read is answered with nothing. */
export async function answering(
  path: string,
  most: number,
  answer: (asked: unknown) => unknown,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    void said(socket, most)
      .then(async (words) => socket.end(JSON.stringify(await answer(JSON.parse(words)))))
      .catch(() => socket.destroy())
  })
  await once(server.listen(path), 'listening')
  // A connection that could not be accepted: whoever asks sees that nobody answers.
  return server.on('error', () => {})
}

async function said(socket: Socket, most: number): Promise<string> {
  let size = 0
  socket.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > most) socket.destroy()
  })
  return text(socket)
}

/** Rejects where nobody listens at the socket, and with `Late` where somebody does and does not answer within `withinMs`. */
export async function asking(path: string, question: unknown, withinMs = 0): Promise<unknown> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.setTimeout(withinMs, () => socket.destroy(new Late()))
  socket.end(JSON.stringify(question))
  return JSON.parse(await text(socket))
}
class Late extends Error {}

/** Milliseconds for the answer of a session, and where something is mounted first: one that Ctrl-Z has stopped gives none. */
const ANSWER_MS = 1_000
const MOUNTED_MS = 10_000

/** What the session says, or what it was at its start if it is stopped; undefined where it has ended, and nothing is left of it then. */
async function askSession(
  karo: string,
  id: string,
  question: Partial<More>,
): Promise<{ readonly shape: SessionShape | Refused; readonly isStopped: boolean } | undefined> {
  try {
    const withinMs = question.write?.length ? MOUNTED_MS : ANSWER_MS
    const shape = (await asking(join(directoryOf(karo), id), question, withinMs)) as SessionShape | Refused
    return { shape, isStopped: false }
  } catch (error) {
    const shape = error instanceof Late ? notedFor(karo, id)?.shape : undefined
    if (shape !== undefined) return { shape, isStopped: true }
    forget(karo, id)
    return undefined
  }
}

/** Those that have not ended. What is left of others is taken away, with what they made in projects. */
export async function sessions(karo: string): Promise<readonly SessionShape[]> {
  const ids = orElse(() => readdirSync(directoryOf(karo)), []).filter((name) => ID.test(name))
  const found = await Promise.all(ids.map((id) => askSession(karo, id, {})))
  return found.flatMap((one) => (one === undefined || 'refused' in one.shape ? [] : [one.shape]))
}

/** Throws KaroError `not_found`, `unavailable` for one that is stopped, and whatever the session says of a directory. */
export async function allow(karo: string, id: string, more: More): Promise<SessionShape> {
  const found = ID.test(id) ? await askSession(karo, id, more) : undefined
  const where = 'karo run'
  if (found === undefined)
    throw new KaroError('not_found', `no session ${id.slice(0, 20)} runs`, {
      where,
      hint: 'karo run list  shows those that run.',
    })
  const { shape, isStopped } = found
  if ('refused' in shape) throw new KaroError(shape.refused.code, shape.refused.message, shape.refused)
  if (!isStopped) return shape
  throw new KaroError('unavailable', `session ${id} is stopped, and takes nothing`, {
    where,
    hint: 'Let it go on first: fg  in its terminal.',
  })
}

/** What stays noted while a session lasts: itself, and what was made for it in projects. */
interface Noted {
  readonly shape: SessionShape
  readonly made: readonly string[]
}

const leftOf = (karo: string, id: string): string => join(directoryOf(karo), `${id}.made`)
const notedFor = (karo: string, id: string): Noted | undefined =>
  orElse(() => JSON.parse(readFileSync(leftOf(karo, id), 'utf8')) as Noted, undefined)
const madeBy = (karo: string, id: string): readonly string[] => notedFor(karo, id)?.made ?? []

/** Notes the session and what was made in projects for it; what another one has made and this one needs is noted, too. */
export function note(
  karo: string,
  shape: SessionShape,
  made: readonly string[],
  needed: readonly string[],
): void {
  const id = shape.session
  mkdirSync(directoryOf(karo), { recursive: true, mode: 0o700 })
  const theirs = others(karo, id).filter((path) => needed.includes(path) && !made.includes(path))
  const noted: Noted = { shape, made: [...theirs, ...made] }
  writeFileSync(leftOf(karo, id), JSON.stringify(noted), { mode: 0o600 })
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
