// The client of a web page: the typed client over `fetch`, with the key of its session; and what the page says in our words.
import { KaroError } from '../../../base/errors.ts'
import { getStatus } from '../operations/status.ts'
import { type Client, createClient, type Transport } from './client.ts'

export { ago, bytes, duration, formatFingerprint, percent, printable } from '../../../base/format.ts'
export { fingerprintWords } from '../../../base/words/fingerprint-words.ts'
export { bandOf, signalWords } from '../../../base/words/signal.ts'

/** What went wrong, in words for the person who reads the page. */
export interface Problem {
  /** `unauthorized`: the session has ended. `refused`: this person may not. `not_running`: nothing answers. */
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
}

export interface PageOptions {
  /** Key of the session; undefined before one is open. */
  readonly key: () => string | undefined
  /**
   * True if the daemon answered, whatever it said; false if it could not be reached, or did not answer the request for its
   * status in time. Other requests that take too long say nothing of the daemon, which may work on them.
   */
  readonly onHeard: (heard: boolean) => void
}

/** The client of a page that this daemon served; requests go to the page's own origin. */
export const pageClient = (options: PageOptions): Client => createClient(overFetch(options))

/** Any thrown value as a Problem. */
export function problemOf(error: unknown): Problem {
  if (error instanceof KaroError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'internal', message: String(error), hint: undefined }
}

const overFetch = ({ key, onHeard }: PageOptions): Transport =>
  async function* ({ method, path, body, accept }, { deadlineMs, idleMs, signal }, onHead) {
    const ending = new AbortController()
    const end = (reason: unknown) => ending.abort(reason)
    const giveUp = () => end(signal?.reason)
    const deadline = timer(deadlineMs, () => end(late()))
    let silence = timer(idleMs, () => end(late()))
    signal?.addEventListener('abort', giveUp, { once: true })
    const secret = key()
    try {
      signal?.throwIfAborted()
      const response = await fetch(path, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(accept !== undefined && { accept }),
          ...(secret !== undefined && { 'x-karo-session': secret }),
        },
        ...(body !== undefined && { body }),
        signal: ending.signal,
        cache: 'no-store',
        credentials: 'same-origin',
        redirect: 'error',
      })
      onHeard(true)
      const { headers } = response
      onHead({
        status: response.status,
        type: headers.get('content-type')?.split(';', 1)[0]?.trim() ?? '',
        // A browser may have unpacked the body, so its length says nothing here.
        length: undefined,
        build: headers.get('x-karo-build') ?? undefined,
      })
      if (response.body === null) return
      const reader = response.body.getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        clearTimeout(silence)
        silence = timer(idleMs, () => end(late()))
        yield next.value
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      if (!(error instanceof KaroError) || path === getStatus.path) onHeard(false)
      if (error instanceof KaroError) throw error
      throw new KaroError('not_running', 'the daemon of this machine does not answer', {
        hint: 'If it was stopped, start it again: karo up',
      })
    } finally {
      clearTimeout(deadline)
      clearTimeout(silence)
      signal?.removeEventListener('abort', giveUp)
      // Leaving the loop early closes the connection.
      ending.abort()
    }
  }

const timer = (ms: number | undefined, then: () => void) =>
  ms === undefined ? undefined : setTimeout(then, ms)

const late = (): KaroError => new KaroError('timeout', 'the daemon did not answer in time')
