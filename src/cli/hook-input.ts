// Reads what a tool writes to its hook, within bounds: a hook that waits or fills up would hold the tool.

/** With the whole output of a command in it; far more than any tool hands on. */
const MOST_BYTES = 32 * 1024 * 1024
/** Tools wait 10 s or longer for their hook. */
const LIMIT_MS = 5_000

export interface HookInput {
  /** Undefined when it did not come whole. */
  readonly text: string | undefined
  /** Why; nothing of what came. */
  readonly trouble?: string
}

export async function readInput(
  stream: AsyncIterable<Buffer | string> & { destroy(error?: Error): unknown },
  limitMs = LIMIT_MS,
): Promise<HookInput> {
  const chunks: Buffer[] = []
  let size = 0
  let late = false
  const timer = setTimeout(() => {
    late = true
    stream.destroy()
  }, limitMs)
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      size += bytes.length
      if (size > MOST_BYTES) return { text: undefined, trouble: 'its input is too large' }
      chunks.push(bytes)
    }
  } catch {
    if (!late) return { text: undefined, trouble: 'its input broke off' }
  } finally {
    clearTimeout(timer)
  }
  if (late) return { text: undefined, trouble: 'its input did not end in time' }
  return { text: Buffer.concat(chunks).toString('utf8') }
}
