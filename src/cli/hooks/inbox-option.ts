// How long the hook of a tool may wait for the approvals inbox: the option, and the line in the tool's settings that says it.
import type { Adapter } from '../adapters/index.ts'
import { usage } from '../usage.ts'

/** Seconds: a request itself waits no longer than 300. */
const LEAST = 5
const MOST = 290

/** Throws KaroError `bad_request` for what is no number of seconds that a hook may wait. */
export function readInbox(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (seconds >= LEAST && seconds <= MOST) return seconds
  throw usage(
    `'${text.slice(0, 20)}' is not a number of seconds for the inbox`,
    '--inbox',
    `It is from ${LEAST} to ${MOST}.`,
  )
}

/** What `karo hook install --inbox` asks for. Throws KaroError `bad_request`. */
export function inboxOf(
  given: string | boolean | readonly string[] | undefined,
  { name, title, settings }: Adapter,
): number | undefined {
  if (given === undefined) return undefined
  if (settings?.hasty) {
    throw usage(
      `${title} does not say how long its hook may take, so it cannot wait`,
      '--inbox',
      `Install it without: karo hook install ${name}`,
    )
  }
  return readInbox(String(given))
}

/** The seconds in an existing line of Karo, so that a rewritten line keeps them. */
export function inboxIn(line: string): number | undefined {
  const [, seconds] = / --inbox (\d{1,3})(?= )/.exec(line) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}
