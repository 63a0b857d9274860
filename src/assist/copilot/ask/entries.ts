// Reads the text of knowledge: commands with typed slots, and below each the wordings with which people ask for it.

/** What may stand in a slot. `file.EXT` is one more, for each ending of a file. */
const SLOT_TYPES = [
  ...['file', 'dir', 'path', 'glob', 'ext', 'number', 'percent', 'size', 'duration', 'date', 'time', 'host', 'ip'],
  ...['user', 'group', 'port', 'url', 'email', 'branch', 'commit', 'tag', 'remote', 'place', 'pattern', 'text', 'name', 'pid'],
  ...['signal', 'device', 'mode', 'interface', 'package', 'service', 'container', 'image', 'pod', 'namespace'],
  ...['table', 'database', 'key', 'variable', 'value', 'command', 'format'],
] as const // biome-ignore format: a compact table
type SlotType = (typeof SLOT_TYPES)[number]

export interface Slot {
  readonly name: string
  readonly type: SlotType
  /** The ending of a file that the slot takes, for the type `file.EXT`. */
  readonly ending?: string
  /** What stands there if the request names nothing for it; without it the name in capitals does. */
  readonly otherwise?: string
}

/** A command that Karo knows. */
export interface Entry {
  /** The tool, or the theme, under whose head the entry stands. */
  readonly tool: string
  /** The line as written, with its slots. */
  readonly command: string
  readonly slots: readonly Slot[]
  readonly says: readonly string[]
  /** Number of the command's line in its file, from 1. */
  readonly line: number
}

/** What is wrong with a line of knowledge. */
export interface Fault {
  readonly line: number
  readonly why: string
}

/** Entries of one file, and characters of one line, that are read. */
const MOST_ENTRIES = 20_000
const MOST_LINE = 1_000

/** A slot with its type and default; not behind `$`, where it is a variable of the shell. */
const SLOT = /(?<!\$)\{([a-z][a-z0-9_-]*)(?::([a-z]+(?:\.[a-z0-9.]+)?))?(?:=([^{}]*))?\}/g

const isType = (word: string): word is SlotType => (SLOT_TYPES as readonly string[]).includes(word)

/** Type and ending that a slot's name or type stands for: `file2` is a file, `file.tgz` one with that ending. */
function typeOf(name: string, type: string | undefined): Pick<Slot, 'type' | 'ending'> | undefined {
  const written = type ?? name.replace(/[\d_-]+$/, '')
  if (isType(written)) return { type: written }
  const ending = /^file\.([a-z0-9.]+)$/.exec(written)?.[1]
  return ending === undefined ? undefined : { type: 'file', ending }
}

/** Whether braces that read like a slot belong to the command: `@{upstream}`, `{{end}}` of a template. */
const isLiteral = (
  command: string,
  at: number,
  [whole, name = '', type, otherwise]: RegExpExecArray,
): boolean =>
  type === undefined &&
  otherwise === undefined &&
  typeOf(name, undefined) === undefined &&
  ('@%'.includes(command[at - 1] ?? ' ') || (command[at - 1] === '{' && command[at + whole.length] === '}'))

/** One after the other, the texts and the slots of which a command or a wording is made. */
export function piecesOf(text: string): readonly (string | RegExpExecArray)[] {
  const pieces: (string | RegExpExecArray)[] = []
  let end = 0
  for (const found of text.matchAll(SLOT)) {
    if (isLiteral(text, found.index, found)) continue
    if (found.index > end) pieces.push(text.slice(end, found.index))
    pieces.push(found)
    end = found.index + found[0].length
  }
  if (end < text.length) pieces.push(text.slice(end))
  return pieces
}

/** The slots of a command; a slot that occurs again has the type of where it has one. */
function slotsOf(command: string, faults: (why: string) => void): readonly Slot[] {
  const slots = new Map<string, Slot>()
  const pieces = piecesOf(command).filter((piece) => typeof piece !== 'string')
  const typed = new Map(pieces.flatMap(([, name = '', type]) => (type === undefined ? [] : [[name, type]])))
  for (const [, name = '', , otherwise] of pieces) {
    const known = typeOf(name, typed.get(name))
    if (known === undefined)
      faults(
        `{${name}} has no type that is known; write {${name}:TYPE}, or { ${name} } if the brace belongs to the command`,
      )
    else if (!slots.has(name) || otherwise !== undefined)
      slots.set(name, { name, ...known, ...(otherwise !== undefined && { otherwise }) })
  }
  return [...slots.values()]
}

/** The slots of a command that was read before. */
export const slotsIn = (command: string): readonly Slot[] => slotsOf(command, () => {})

/** The entries of a text, and what is wrong with its lines; an entry with a fault is left out. */
export function readEntries(text: string): {
  readonly entries: readonly Entry[]
  readonly faults: readonly Fault[]
} {
  const faults: Fault[] = []
  const entries: Entry[] = []
  let tool: string | undefined
  let open: { command: string; says: string[]; line: number } | undefined
  const close = (): void => {
    if (open !== undefined) {
      const entry = entryOf(open, tool, faults)
      if (entry !== undefined && entries.length < MOST_ENTRIES) entries.push(entry)
    }
    open = undefined
  }
  for (const [at, written] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = at + 1
    const fault = (why: string): void => void faults.push({ line, why })
    if (written.length > MOST_LINE) fault(`longer than ${MOST_LINE} characters`)
    else if (/[\p{Cc}\p{Cf}]/u.test(written)) fault('a character that nobody sees, such as a tab')
    else if (written.trim() === '') close()
    else if (/^%/.test(written)) {
      close()
      tool = written.slice(1).trim()
      if (!/^[a-z0-9][\w.+ -]*$/i.test(tool)) fault('behind % stands the name of a tool')
    } else if (/^#/.test(written)) continue
    else if (/^\s/.test(written)) {
      if (open === undefined) fault('a wording without a command above it')
      else if (!/^ {2}\S/.test(written)) fault('a wording is indented by two blanks')
      else open.says.push(written.trim())
    } else if (open !== undefined) {
      fault('an empty line is missing between two entries')
      close()
      open = { command: written.trim(), says: [], line }
    } else open = { command: written.trim(), says: [], line }
  }
  close()
  return { entries, faults }
}

function entryOf(
  { command, says, line }: { command: string; says: readonly string[]; line: number },
  tool: string | undefined,
  faults: Fault[],
): Entry | undefined {
  const before = faults.length
  if (tool === undefined) faults.push({ line, why: 'a line `% TOOL` is missing above it' })
  if (says.length === 0) faults.push({ line, why: 'a command without wordings' })
  const slots = slotsOf(command, (why) => faults.push({ line, why }))
  for (const [at, said] of says.entries())
    for (const piece of piecesOf(said)) {
      if (typeof piece === 'string') continue
      const [whole, name = ''] = piece
      if (!slots.some((slot) => slot.name === name))
        faults.push({ line: line + at + 1, why: `the command has no slot ${whole}` })
    }
  return faults.length > before || tool === undefined ? undefined : { tool, command, slots, says, line }
}

/** What a person has to replace: the slot's name in capitals. */
export const placeholderOf = (name: string): string => name.replace(/-/g, '_').toUpperCase()
