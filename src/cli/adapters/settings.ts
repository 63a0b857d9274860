// Puts Karo's hooks into the text of a tool's settings file and removes them again.
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

/** The first line of a plugin: the file is Karo's own, and nothing else is in it. */
const PLUGIN = `// Made by karo hook install; karo hook uninstall removes it. ${MARK}\n`
const isPlugin = (text: string): boolean => text.startsWith(PLUGIN)

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
  if (text.trim() !== '' && JSON.stringify(ownHooks(text)) === JSON.stringify(sorted(wanted))) return text
  let edited = text.trim() === '' ? '{}\n' : withoutHooks(text)
  for (const [key, value] of Object.entries(settings.fixed)) {
    if (memberOf(parseNode(edited), key) === undefined) edited = added(edited, [], value, key)
  }
  if (memberOf(parseNode(edited), HOOKS) === undefined) edited = added(edited, [], {}, HOOKS)
  for (const [event, entries] of Object.entries(wanted)) {
    if (eventNode(edited, event) === undefined) edited = added(edited, [HOOKS], [], event)
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
export function isBare(text: string, { fixed }: HookSettings): boolean {
  if (text === '') return true
  const root = parseNode(text)
  return root.kind === 'members' && root.elements.every(({ key }) => Object.hasOwn(fixed, key))
}

/** Our entries by event, as they stand in the file. Throws NotEditable. */
export function ownHooks(text: string): Readonly<Record<string, readonly Json[]>> {
  if (isPlugin(text)) return { plugin: ownLines(text) }
  const found: Record<string, Json[]> = {}
  for (const { event, node } of entriesOf(text))
    if (hasMark(node.json)) found[event] = [...(found[event] ?? []), node.json]
  return sorted(found)
}

/** Our hooks with their places: which group of their event, and which hook in it, both from 0. Throws NotEditable. */
export function ownHookPlaces(text: string): readonly {
  readonly event: string
  readonly group: number
  readonly index: number
  readonly matcher: string | undefined
  readonly hook: { readonly [key: string]: Json }
}[] {
  return entriesOf(text).flatMap(({ event, index: group, node: { json: entry } }) => {
    const matcher = isObject(entry) && typeof entry.matcher === 'string' ? entry.matcher : undefined
    return innerHooks(entry).flatMap((hook, index) =>
      isOurs(hook) && isObject(hook) ? [{ event, group, index, matcher, hook }] : [],
    )
  })
}

/** The lines that our hooks hand to a shell, each once. Throws NotEditable. */
export function ownLines(text: string): readonly string[] {
  if (isPlugin(text)) {
    const line = /^const LINE = (".*")$/m.exec(text)?.[1]
    if (line === undefined) return []
    try {
      return [JSON.parse(line)]
    } catch {
      throw new NotEditable('the text behind "const LINE" in it is no JSON')
    }
  }
  const hooks = Object.values(ownHooks(text))
    .flat()
    .flatMap((entry) => [entry, ...innerHooks(entry)])
  return [...new Set(hooks.map(ownLine).filter((line) => line !== undefined))]
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

function eventNode(text: string, event: string): Node | undefined {
  const hooks = memberOf(parseNode(text), HOOKS)
  return hooks && memberOf(hooks, event)
}

/** Every entry of every event. Throws NotEditable for a file that is built otherwise. */
function entriesOf(text: string): readonly { event: string; list: Node; index: number; node: Node }[] {
  const root = parseNode(text)
  if (root.kind !== 'members') throw new NotEditable('it is not a JSON object')
  const hooks = memberOf(root, HOOKS)
  if (hooks === undefined) return []
  if (hooks.kind !== 'members') throw new NotEditable('"hooks" in it is not an object')
  return hooks.elements.flatMap(({ key: event, value: list }) =>
    // Other members than events stand here too, `disabled` of Gemini CLI for one.
    list.kind === 'list' ? list.elements.map(({ value: node }, index) => ({ event, list, index, node })) : [],
  )
}

/** The next element to take out: a hook of ours, or what has become empty by that. */
function findOwn(text: string): { from: Node; index: number } | undefined {
  for (const { event, list, index, node } of entriesOf(text)) {
    if (!hasMark(node.json)) continue
    const inner = memberOf(node, HOOKS)
    if (inner?.kind === 'list' && inner.elements.length > 1) {
      // Somebody put another hook beside ours.
      const own = inner.elements.findIndex(({ value }) => isOurs(value.json))
      if (own >= 0) return { from: inner, index: own }
    }
    if (list.elements.length > 1) return { from: list, index }
    const root = parseNode(text)
    const hooks = memberOf(root, HOOKS) as Node
    if (hooks.elements.length > 1)
      return { from: hooks, index: hooks.elements.findIndex(({ key }) => key === event) }
    return { from: root, index: root.elements.findIndex(({ key }) => key === HOOKS) }
  }
  return undefined
}

/** A hook itself, or a group of hooks with one of ours in it. */
function hasMark(entry: Json): boolean {
  return isOurs(entry) || innerHooks(entry).some(isOurs)
}

function innerHooks(entry: Json): readonly Json[] {
  const inner = isObject(entry) ? entry[HOOKS] : undefined
  return Array.isArray(inner) ? (inner as readonly Json[]) : []
}

const isOurs = (hook: Json): boolean => ownLine(hook) !== undefined

function ownLine(hook: Json): string | undefined {
  if (!isObject(hook)) return undefined
  const found = [hook.command, hook.bash].find((line) => typeof line === 'string' && line.endsWith(MARK))
  return found as string | undefined
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
