// The options of a tool's hook, and how the line in the tool's settings says them: whether the tool asks instead of denying, for tools of
// which only newer versions can ask, and how long the hook may wait for the approvals inbox.
import type { Adapter } from '../adapters/index.ts'
import { usage } from '../usage.ts'

/** The tool cannot be asked for its version before each command, and one that does not know the answer runs the command. */
export const askOption =
  'let the tool ask about a command that needs consent, instead of denying it; only for versions of Gemini CLI that support the answer "ask" (earlier ones would run the command)'

/** The adapter as the person wants it. Throws KaroError `bad_request` for a tool that needs no option, or cannot ask. */
export function asking(adapter: Adapter, wanted: unknown): Adapter {
  if (wanted !== true) return adapter
  if (adapter.asksIfNew === true) return { ...adapter, asks: true }
  throw usage(
    adapter.asks ? `${adapter.title} asks without this option` : `${adapter.title} has no way to ask`,
    '--ask',
    'Leave the option out.',
  )
}

/** Whether an existing line of Karo has the option, so that a rewritten line keeps it. */
export const asksIn = (line: string): boolean => / hook \w+(?: --inbox \d+)? --ask(?= )/.test(line)

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
  if (settings?.hasty)
    throw usage(
      `${title} does not say how long its hook may take, so it cannot wait`,
      '--inbox',
      `Install it without: karo hook install ${name}`,
    )
  return readInbox(String(given))
}
