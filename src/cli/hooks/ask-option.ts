// The option that lets a tool ask instead of deny, for tools of which only newer versions can ask, and its form in the
// tool's settings.
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
