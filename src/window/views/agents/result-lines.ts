// The result of a tool as lines: its texts as they are, everything else as JSON.

/** Of a CallToolResult of MCP, or whatever else an agent returned; nothing is assumed of its form. */
export function linesOfResult(result: unknown): readonly { readonly text: string; readonly mark?: string }[] {
  const { content, isError } = (result ?? {}) as { content?: unknown; isError?: unknown }
  const mark = isError === true ? { mark: 'error' } : {}
  if (!Array.isArray(content)) return asJson(result)
  return content.flatMap((part: unknown) => {
    const { type, text } = (part ?? {}) as { type?: unknown; text?: unknown }
    if (type !== 'text' || typeof text !== 'string') return asJson(part)
    return text.split(/\r?\n/).map((line) => ({ text: line, ...mark }))
  })
}

const asJson = (value: unknown): readonly { readonly text: string }[] =>
  JSON.stringify(value, null, 2)
    .split('\n')
    .map((text) => ({ text }))
