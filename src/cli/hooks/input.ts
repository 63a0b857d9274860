// Reads the input of a hook, within bounds of size and time, because the tool waits for its hook.
import type { HookInput } from '../adapters/index.ts'

/** Most bytes of an input, which may contain the output of a command; tools send far less. */
const MOST_BYTES = 32 * 1024 * 1024
/** Bytes; the event, the directory and the command stand in front of the output. */
const MOST_BEGINNING = 1024 * 1024
/** Tools wait 10 s or longer for their hook. */
const LIMIT_MS = 5_000

export async function readInput(
  stream: AsyncIterable<Buffer | string> & { destroy(error?: Error): unknown },
  limitMs = LIMIT_MS,
): Promise<HookInput> {
  const chunks: Buffer[] = []
  let size = 0
  let late = false
  const broken = (trouble: string): HookInput => {
    const beginning = Buffer.concat(chunks).subarray(0, MOST_BEGINNING).toString('utf8')
    return { trouble, beginning }
  }
  const timer = setTimeout(() => {
    late = true
    stream.destroy()
  }, limitMs)
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      chunks.push(bytes)
      if (size > MOST_BYTES) return broken('its input is too large')
    }
  } catch {
    if (!late) return broken('its input ended too early')
  } finally {
    clearTimeout(timer)
  }
  if (late) return broken('its input did not end in time')
  return { text: Buffer.concat(chunks).toString('utf8') }
}
