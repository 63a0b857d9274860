// Changes of files as unified diffs: of a file as it is and as a request would leave it, and of what a request runs.
import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isMembers, type Members } from '../../base/shape/json-object.ts'
import { kindOf } from '../classes.ts'
import type { Action, BoundFile } from '../types.ts'

export interface FileChange {
  readonly path: string
  /** A unified diff; undefined where `note` says why there is none. */
  readonly diff: string | undefined
  /** The part that the diff cannot show; undefined if it shows everything. */
  readonly note: string | undefined
}

/** Files that are shown, and characters of one text. */
const CHANGES_MAX = 32
const TEXT_MAX = 128 * 1024
/** Lines that may differ before it is no help to compare them, and milliseconds that all comparisons of one action may take. */
const EDITS_MAX = 4_000
const MS_MAX = 50

const PATHS = ['path', 'file_path', 'filePath', 'file', 'filename']
const OLD = ['oldText', 'old_text', 'old_string', 'old_str', 'oldString']
const NEW = ['newText', 'new_text', 'new_string', 'new_str', 'newString']
const WHOLE = ['content', 'contents', 'file_text', 'text', 'data']

const textOf = (members: Members, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = Object.hasOwn(members, name) ? members[name] : undefined
    if (typeof value === 'string') return value
  }
  return undefined
}

type Change = Pick<Action, 'tool' | 'input' | 'cwd'>

/**
 * The file that a call would change: its real path, its text as it is now, null where there is none, and the hash to which a yes is bound. Undefined where the call names
 * none, the person may not see it, its filesystem does not answer, or it is no short text.
 */
export type Present = (
  action: Change,
) => Promise<{ readonly at: string; readonly text: string | null; readonly hash: string } | undefined>

/**
 * The real path of the file that a call would change, as its agent finds it; undefined for one that names none, or only reads. `mayLook`:
 * see `Mounts.looking`.
 */
export function targetOf(
  { tool, input, cwd }: Change,
  mayLook: (path: string) => boolean,
): string | undefined {
  if (tool === 'exec' || kindOf(tool).class === 'green') return undefined
  const members = parse(input)
  const path = members && textOf(members, PATHS)
  if (path === undefined) return undefined
  const named = resolve(cwd, path)
  return mayLook(named) ? realOf(named) : named
}

const OTHER_NOW =
  'It has changed since this was asked, so a yes does not let this through: it is asked again, about the file as it is then.'

/** Of what is not there: where it would be made. `/` is always there. */
function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(realOf(dirname(path)), basename(path))
  }
}

/**
 * The changes that the arguments of a tool name: old and new texts of parts (`edits`, or one pair), or the new content of a
 * whole file, compared with the file as it is where `present` gives that; `code` is what a yes is bound to. Empty for a command, and for arguments that name none. Never throws.
 */
export async function changesOf(
  action: Pick<Action, 'tool' | 'input' | 'cwd' | 'binds'>,
  present: Present = async () => undefined,
  code?: readonly BoundFile[],
): Promise<readonly FileChange[]> {
  const { tool, input, binds } = action
  const members = tool === 'exec' ? undefined : parse(input)
  const path = members && textOf(members, PATHS)
  if (members === undefined || path === undefined) return []
  const { createTwoFilesPatch } = await import('diff')
  const edits = Array.isArray(members.edits) ? members.edits.filter(isMembers) : []
  const parts = edits.length > 0 ? edits : [members]
  const now = await present(action)
  const after = now && leftBy(parts, now.text)
  const until = performance.now() + MS_MAX
  if (now !== undefined && after !== undefined) {
    const { at, text: before } = now
    const shownAt = at === path ? path : `${path} (${at})`
    if (code?.some((one) => one.path === at && one.hash === now.hash) === false)
      return [{ path: shownAt, diff: undefined, note: OTHER_NOW }]
    const isIts = binds.some((bind) => bind.write && (at === bind.path || at.startsWith(`${bind.path}/`)))
    const notes = [
      ...(before === null ? ['There is no such file yet.'] : []),
      ...(isIts ? [] : ['The agent may not write there.']),
    ]
    const note = notes.length === 0 ? undefined : notes.join(' ')
    return [compared(createTwoFilesPatch, shownAt, before ?? '', after, note, until)]
  }
  const shown = parts.slice(0, CHANGES_MAX).flatMap((part): FileChange[] => {
    const [before, after] = [textOf(part, OLD), textOf(part, NEW)]
    if (before !== undefined && after !== undefined)
      return [compared(createTwoFilesPatch, textOf(part, PATHS) ?? path, before, after, undefined, until)]
    const whole = textOf(part, WHOLE)
    if (whole === undefined) return []
    const note = 'The whole file gets this content; its present content is unknown here.'
    return [compared(createTwoFilesPatch, textOf(part, PATHS) ?? path, '', whole, note, until)]
  })
  if (parts.length > CHANGES_MAX)
    shown.push({ path, diff: undefined, note: `There are ${parts.length - CHANGES_MAX} more changes.` })
  return shown
}

/** What the parts make of the text, one after the other; undefined where one of them names no text of it, or no new one. */
function leftBy(parts: readonly Members[], present: string | null): string | undefined {
  let text = present ?? ''
  for (const part of parts) {
    const [before, after] = [textOf(part, OLD), textOf(part, NEW)]
    const whole = before === undefined ? textOf(part, WHOLE) : undefined
    if (whole !== undefined) text = whole
    else if (before === undefined || after === undefined || before === '' || !text.includes(before))
      return undefined
    else text = text.replace(before, () => after)
  }
  return text
}

/** The change of a file whose texts are known; without one of them, only `note`. */
export async function textsCompared(
  path: string,
  before: string | undefined,
  after: string | undefined,
  note: string,
): Promise<FileChange> {
  if (before === undefined || after === undefined) return { path, diff: undefined, note }
  const { createTwoFilesPatch } = await import('diff')
  return compared(createTwoFilesPatch, path, before, after, note, performance.now() + MS_MAX)
}

function compared(
  patch: typeof import('diff').createTwoFilesPatch,
  path: string,
  before: string,
  after: string,
  note: string | undefined,
  until: number,
): FileChange {
  if (before.length > TEXT_MAX || after.length > TEXT_MAX)
    return {
      path,
      diff: undefined,
      note: `${before.length} characters become ${after.length}: too many to compare.`,
    }
  const left = until - performance.now()
  if (left <= 0)
    return {
      path,
      diff: undefined,
      note: `${before.length} characters become ${after.length}: the changes before it took too long to compare.`,
    }
  const limits = { context: 3, maxEditLength: EDITS_MAX, timeout: left }
  const diff = patch(path, path, before, after, undefined, undefined, limits)
  return diff === undefined
    ? { path, diff, note: `${before.length} characters become ${after.length}: too different to compare.` }
    : { path, diff, note }
}

function parse(input: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(input)
    return isMembers(value) ? value : undefined
  } catch {
    return undefined
  }
}
