// Puts Karo's hooks into the text of a tool's settings file and removes them again.
import { membersOf } from '../../base/shape/json-object.ts'
import type { HookSettings } from './adapter.ts'
import {
  hasComments,
  type Json,
  memberOf,
  type Node,
  NotEditable,
  parseNode,
  withAdded,
  withoutElement,
} from './json-edit.ts'

/** How ours are found again: a comment to the shell that the tool hands the line to. */
export const MARK = '# karo hook'

/** The seconds in an existing line of Karo, so that a rewritten line keeps them. */
export function inboxIn(line: string): number | undefined {
  const [, seconds] = / --inbox (\d{1,3})(?= )/.exec(line) ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** The first line of a plugin: the file is Karo's own, and nothing else is in it. */
const PLUGIN = `// Made by karo hook install; karo hook uninstall removes it. ${MARK}\n`
const isPlugin = (text: string): boolean => text.startsWith(PLUGIN)

/** Settings without anything in them, in the place of a file without text. */
const orBare = (text: string): string => (text.trim() === '' ? '{}\n' : text)

/** Where the tool keeps its hooks, in every one of these files. */
const HOOKS = 'hooks'

/**
 * The settings with our hooks in them once; a text that has exactly these already comes back as it is. `text` is the
 * file as it is, empty for a file that is not there. `command` ends with MARK. Throws NotEditable.
 */
export function withHooks(text: string, settings: HookSettings, command: string): string {
  if (settings.plugin !== undefined) {
    if (text.trim() !== '' && !isPlugin(text)) throw new NotEditable('it is not a file that Karo made')
    return PLUGIN + settings.plugin(command)
  }
  if (hasComments(text) && settings.comments !== true)
    throw new NotEditable('it has comments, which this tool does not read')
  const wanted = settings.entries(command)
  if (JSON.stringify(ownHooks(text)) === JSON.stringify(sorted(wanted))) return text
  let edited = withoutHooks(orBare(text))
  for (const [key, value] of Object.entries(settings.fixed ?? {})) {
    if (memberOf(parseNode(edited), key) === undefined) edited = added(edited, [], value, key)
  }
  if (memberOf(parseNode(edited), HOOKS) === undefined) edited = added(edited, [], {}, HOOKS)
  for (const [event, entries] of Object.entries(wanted)) {
    const hooks = memberOf(parseNode(edited), HOOKS)
    if (hooks && memberOf(hooks, event) === undefined) edited = added(edited, [HOOKS], [], event)
    for (const entry of entries as readonly Json[]) edited = added(edited, [HOOKS, event], entry)
  }
  return edited
}

/** The settings without our hooks, and without what was only there to hold them. Throws NotEditable. */
export function withoutHooks(text: string): string {
  if (isPlugin(text)) return ''
  let edited = text
  for (let own = findOwn(edited); own !== undefined; own = findOwn(edited)) {
    edited = withoutElement(edited, own.from, own.index)
  }
  return edited
}

/** The settings as before our first change, `had`, where nobody changed more since; else without our hooks. Throws NotEditable. */
export function undone(text: string, settings: HookSettings, had: string | undefined): string {
  if (had === undefined || isPlugin(text)) return withoutHooks(text)
  const [line = ''] = ownLines(text)
  return withHooks(had, settings, line) === text ? had : withoutHooks(text)
}

/** True when nothing but `fixed` is left, so that the file may go. */
export function isBare(text: string, { fixed = {} }: HookSettings): boolean {
  const root = parseNode(orBare(text))
  return root.kind === 'members' && root.elements.every(({ key }) => Object.hasOwn(fixed, key))
}

/** Our entries by event, as they stand in the file. Throws NotEditable. */
export function ownHooks(text: string): Readonly<Record<string, readonly Json[]>> {
  if (isPlugin(text)) return { plugin: ownLines(text) }
  const found: Record<string, Json[]> = {}
  for (const { event, entry } of ownEntries(text)) found[event] = [...(found[event] ?? []), entry.json]
  return sorted(found)
}

/** The lines that our hooks hand to a shell, each once. Throws NotEditable. */
export function ownLines(text: string): readonly string[] {
  if (!isPlugin(text))
    return [...new Set(ownEntries(text).flatMap(({ hooks }) => hooks.map(({ line }) => line)))]
  const line = /^const LINE = (".*")$/m.exec(text)?.[1]
  try {
    return line === undefined ? [] : [JSON.parse(line)]
  } catch {
    throw new NotEditable('the text behind "const LINE" in it is no JSON')
  }
}

/**
 * `entry`: a hook itself, or a group of hooks with one of ours in it; `index`: its place in the list of its event, from 0.
 * `hooks`: ours in it; `at`: the place of each in the group, from 0. Throws NotEditable for a file that is built otherwise.
 */
export function ownEntries(text: string) {
  const root = parseNode(orBare(text))
  if (root.kind !== 'members') throw new NotEditable('it is not a JSON object')
  const all = memberOf(root, HOOKS)
  if (all === undefined) return []
  if (all.kind !== 'members') throw new NotEditable('"hooks" in it is not an object')
  return all.elements.flatMap(({ key: event, value: list }) =>
    // Other members than events stand here too, `disabled` of Gemini CLI for one.
    (list.kind === 'list' ? list.elements : []).flatMap(({ value: entry }, index) => {
      const inner = memberOf(entry, HOOKS)
      const hooks = (inner?.kind === 'list' ? inner.elements : [{ value: entry }]).flatMap(
        ({ value: { json } }, at) => {
          const hook = membersOf(json) ?? {}
          const line = [hook.command, hook.bash].find(
            (one): one is string => typeof one === 'string' && one.endsWith(MARK),
          )
          return line === undefined ? [] : { at, hook, line }
        },
      )
      return hooks.length === 0 ? [] : { event, list, index, entry, hooks }
    }),
  )
}

/** The next element to take out: a hook of ours, or what has become empty by that. */
function findOwn(text: string): { from: Node; index: number } | undefined {
  const [own] = ownEntries(text)
  if (own === undefined) return undefined
  const { event, list, index, entry } = own
  const inner = memberOf(entry, HOOKS)
  // Somebody put another hook beside ours.
  if (inner !== undefined && inner.elements.length > 1) return { from: inner, index: own.hooks[0]!.at }
  if (list.elements.length > 1) return { from: list, index }
  const root = parseNode(text)
  const hooks = memberOf(root, HOOKS) as Node
  const [from, key] = hooks.elements.length > 1 ? [hooks, event] : [root, HOOKS]
  return { from, index: from.elements.findIndex((one) => one.key === key) }
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Adds to what stands at the path of members. */
function added(text: string, path: readonly string[], value: Json, key?: string): string {
  const into = path.reduce<Node | undefined>((node, name) => node && memberOf(node, name), parseNode(text))
  const wants = key === undefined ? 'list' : 'members'
  if (into?.kind !== wants) throw new NotEditable(`"${path.join('.')}" in it is not what this tool has there`)
  return withAdded(text, into, value, key)
}
