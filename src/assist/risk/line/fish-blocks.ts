// Groups the parts of a fish block, from its head to its `end`, into one part.
import type { Part, PartKind } from '../parts.ts'

/** Kind and value of the block, by the word that begins it. */
const BLOCKS: ReadonlyMap<string, readonly [kind: PartKind, value: string]> = new Map([
  ['if', ['if', '']],
  ['while', ['loop', 'while']],
  ['begin', ['group', '']],
])

interface Block {
  /** Undefined for a block that begins behind a pipe, inside another part: its statements are not grouped. */
  readonly head: Pick<Part, 'kind' | 'value'> | undefined
  readonly parts: Part[]
}

/** Groups the blocks of a row of parts; a block without `end`, and an `end` without a block, stay as they are. */
export function nestBlocks(row: readonly Part[]): Part[] {
  const open: Block[] = [{ head: undefined, parts: [] }]
  const top = (): Block => open.at(-1) as Block
  const close = (end: Part): void => {
    const block = open.length > 1 ? open.pop() : undefined
    if (block === undefined) top().parts.push(end)
    else if (block.head === undefined) top().parts.push(...block.parts, end)
    else {
      const start = (block.parts[0] as Part).span[0]
      top().parts.push({ ...block.head, span: [start, end.span[1]], parts: [...block.parts, end] })
    }
  }
  for (const [i, part] of row.entries()) {
    const begins = part.kind === 'keyword' ? BLOCKS.get(part.value) : undefined
    const before = row[i - 1]
    if (part.kind === 'keyword' && part.value === 'end') close(part)
    else if (begins !== undefined && !(before?.kind === 'keyword' && before.value === 'else'))
      open.push({ head: { kind: begins[0], value: begins[1] }, parts: [part] })
    else if (isHead(part)) {
      const { kind, value } = part
      open.push({ head: { kind, value: kind === 'case' ? '' : value }, parts: [...part.parts] })
    } else if (part.kind === 'pipeline' && isEnd(part.parts[0])) {
      // `end | less` pipes the whole block, so the block becomes the first part of the pipeline.
      const [command, ...rest] = part.parts
      close({ ...(command as Part), kind: 'keyword', value: 'end', parts: [] })
      const block = top().parts.pop() as Part
      top().parts.push({ ...part, span: [block.span[0], part.span[1]], parts: [block, ...rest] })
    } else {
      // A `case` line has only patterns; they are shown as parts of the branch.
      if (part.kind === 'case' && part.value === 'case') top().parts.push(...part.parts)
      else top().parts.push(part)
      for (let left = begunIn(part); left > 0; left--) open.push({ head: undefined, parts: [] })
    }
  }
  while (open.length > 1) {
    const { parts } = open.pop() as Block
    top().parts.push(...parts)
  }
  return top().parts
}

const isHead = ({ kind, value, parts }: Part): boolean =>
  parts[0]?.kind === 'keyword' &&
  ((kind === 'loop' && parts[0].value === value) ||
    (kind === 'function' && parts[0].value === 'function') ||
    (kind === 'case' && value === 'switch'))

const isEnd = (part: Part | undefined): boolean =>
  part?.kind === 'command' && part.value === 'end' && part.parts.length === 1

/** Number of blocks that begin in this part and do not end in it. */
function begunIn({ kind, parts }: Part): number {
  if (kind !== 'pipeline' && kind !== 'list') return 0
  return parts.filter((part) => part.kind === 'keyword' && BLOCKS.has(part.value)).length
}
